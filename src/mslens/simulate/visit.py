"""One visit of one simulated person: truth on the anatomy's grid, and the images of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import LabelArray
from mslens.core.grid import Grid
from mslens.core.rng import make_rng
from mslens.core.transform import AffineTransform
from mslens.simulate.acquire import Motion, degrade, draw_motion, sample_slices
from mslens.simulate.acquisition_grid import (
    Slices,
    is_on_anatomy,
    plan_slices,
)
from mslens.simulate.anatomy import (
    BrainMaps,
    Deformation,
    deform_template,
    label_parcels,
    sample_brain,
    subject_grid,
    voxels_of_head,
)
from mslens.simulate.atrophy import VolumeChange, describe_atrophy
from mslens.simulate.body import draw_pose, rigid_matrix
from mslens.simulate.composition import Composition, add_plexus, compose_head
from mslens.simulate.contrast import BrainTexture, render_contrast
from mslens.simulate.head import PARTS
from mslens.simulate.lesions import grow_lesions
from mslens.simulate.person import Person
from mslens.simulate.plexus import measure_flow, plexus_distance
from mslens.simulate.scanners import Scanner
from mslens.simulate.stack import sample_stack
from mslens.simulate.template_store import indices_of, load_template_maps
from mslens.simulate.texture import add_halo, weave_texture

FloatMap = npt.NDArray[np.float32]

#: How far the head moves between two sequences of a visit.
_BETWEEN_DEGREES, _BETWEEN_MM = 1.0, 1.2
_BRAIN_MARGIN_MM = 5.0


@dataclass(frozen=True, eq=False)
class VisitState:
    """How a person is at a visit.

    Parameters
    ----------
    name : str
        Session label, names the visit's random streams.
    age_years, duration_years, years : float
        Age, disease duration, years since the first visit.
    years_before : float, optional
        Years from the first visit to the visit before; None at the first.
    damage : ndarray, shape (7,), float64
    """

    name: str
    age_years: float
    duration_years: float
    years: float
    years_before: float | None
    damage: npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scene:
    """Everything that is true at a visit, on the anatomy's grid.

    Parameters
    ----------
    grid : Grid
    deformation : Deformation
    change : VolumeChange
    brain : BrainMaps
    composition : Composition
    texture : BrainTexture
    lesion, new_lesion : ndarray, shape (m,), float32
        Share of each brain voxel that is lesion, or new lesion.
    parcels : ndarray, shape = grid.shape, int32
    """

    grid: Grid
    deformation: Deformation
    change: VolumeChange
    brain: BrainMaps
    composition: Composition
    texture: BrainTexture
    lesion: FloatMap
    new_lesion: FloatMap
    parcels: LabelArray

    def dense(self, values: FloatMap) -> FloatMap:
        """Put one value per brain voxel onto the grid, 0 elsewhere."""
        out = np.zeros(self.grid.shape, dtype=np.float32)
        out.ravel()[self.brain.where] = values
        return out


@dataclass(frozen=True, eq=False)
class Scan:
    """One image as acquired.

    Parameters
    ----------
    data : ndarray, int32
        On `slices.grid`, RAS order.
    slices : Slices
    to_anatomy : AffineTransform
        Points of this image's world to the anatomy's world.
    motion : Motion, optional
        None where the head lay still.
    """

    data: npt.NDArray[np.int32]
    slices: Slices
    to_anatomy: AffineTransform
    motion: Motion | None


def build_scene(person: Person, state: VisitState, *, voxel_size_mm: float) -> Scene:
    """Build the truth of one visit.

    Parameters
    ----------
    person : Person
    state : VisitState
    voxel_size_mm : float

    Returns
    -------
    Scene
    """
    maps = load_template_maps(voxel_size_mm)
    body, grid = person.body, subject_grid(voxel_size_mm)
    change = describe_atrophy(
        state.damage,
        age_years=state.age_years,
        duration_years=state.duration_years,
        ventricle_noise=body.ventricle_noise,
    )
    pose = draw_pose(body.seed, body.name, state.name)
    deformation = deform_template(maps, body, change, pose=pose, grid=grid)
    where, points, distance = voxels_of_head(maps, deformation, grid)
    near = distance[:, PARTS.index("hull")] < _BRAIN_MARGIN_MM
    brain = sample_brain(
        maps, person.levels, change, where=where[near], points=points[near], grid=grid
    )
    grown = grow_lesions(
        person.foci, person.bed, years=state.years, years_before=state.years_before
    )
    woven = weave_texture(
        body, state.damage, visit=state.name, dirty=person.dirty, voxel_size_mm=voxel_size_mm
    )
    woven = add_halo(woven, grown.halo)
    stack = np.stack(
        [grown.share, grown.new_share, grown.hole, grown.brightness, woven.t1, woven.t2], axis=-1
    )
    sampled = sample_stack(stack, maps.grid.to_index(brain.points))
    composition = compose_head(
        body, brain, sampled[:, 0], where=where, points=points, distance_mm=distance,
        head_grid=maps.head.grid, grid=grid,
    )  # fmt: skip
    parcels = label_parcels(maps, brain, grid)
    own = parcels.ravel()[brain.where]
    add_plexus(
        composition, plexus_distance(brain.points), np.isin(own, indices_of("Lateral_Ventricle"))
    )
    texture = BrainTexture(
        t1=sampled[:, 4],
        t2=sampled[:, 5],
        hole=sampled[:, 2],
        brightness=np.maximum(sampled[:, 3], 0.5),
        flow=measure_flow(brain.points, make_rng(body.seed, body.name, state.name, "flow")),
    )
    tissue = 1 - brain.fluid / np.maximum(brain.inside, 1e-3)
    return Scene(
        grid, deformation, change, brain, composition, texture,
        lesion=sampled[:, 0] * tissue, new_lesion=sampled[:, 1] * tissue, parcels=parcels,
    )  # fmt: skip


def sample_earlier_lesions(person: Person, scene: Scene, *, years: float) -> FloatMap:
    """Share of each brain voxel of a scene that was lesion at an earlier time.

    Parameters
    ----------
    person : Person
    scene : Scene
    years : float
        The earlier time, in years from the first visit.

    Returns
    -------
    ndarray, shape (m,), float32
    """
    maps = load_template_maps(scene.grid.voxel_size_mm[0])
    grown = grow_lesions(person.foci, person.bed, years=years)
    share = sample_stack(grown.share[..., None], maps.grid.to_index(scene.brain.points))[:, 0]
    return np.asarray(share * (1 - scene.brain.fluid / np.maximum(scene.brain.inside, 1e-3)))


def scan_scene(
    scene: Scene,
    scanner: Scanner,
    suffix: str,
    *,
    seed: int,
    names: tuple[str, ...],
    motion_share: float,
) -> Scan:
    """Acquire one image of a visit.

    Parameters
    ----------
    scene : Scene
    scanner : Scanner
    suffix : {"T1w", "FLAIR", "T2w"}
    seed : int
    names : tuple of str
        Person and visit, for the random streams.
    motion_share : float
        Probability that the head moves during the scan.

    Returns
    -------
    Scan
    """
    sequence = scanner.sequences[suffix]
    finest = scene.grid.voxel_size_mm[0]
    rng = make_rng(seed, *names, suffix, "scan")
    to_anatomy = AffineTransform(np.eye(4))
    if suffix != "T1w":
        angles = np.deg2rad(_BETWEEN_DEGREES * rng.standard_normal(3))
        to_anatomy = AffineTransform(rigid_matrix(angles, _BETWEEN_MM * rng.standard_normal(3)))
    clean = render_contrast(
        scene.composition, scene.texture, sequence, field_tesla=scanner.field_tesla
    )
    if suffix == "T1w" and is_on_anatomy(sequence, finest):
        slices = Slices(scene.grid, 1, 1)
    else:
        slices = plan_slices(sequence, finest_mm=finest, rng=rng)
        clean = sample_slices(clean, scene.grid, slices, to_anatomy)
    motion = draw_motion(rng) if rng.random() < motion_share else None
    data = degrade(clean, slices, sequence, bias_sd=scanner.bias_sd, motion=motion, rng=rng)
    return Scan(data, slices, to_anatomy, motion)
