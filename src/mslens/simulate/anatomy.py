"""One visit's anatomy: the template under pose, size, random form and atrophy, with its truth.

subject = pose o scale o exp(form + atrophy) (template). Tissue shares come from the template's
level functions with the person's own folds, sampled through the inverse of this map.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import LabelArray, MaskArray
from mslens.core.grid import Grid
from mslens.core.rng import make_rng
from mslens.core.transform import AffineTransform, DisplacementTransform
from mslens.image.chain import transform_points
from mslens.image.displacement import compose_displacement
from mslens.image.jacobian import jacobian_determinant
from mslens.simulate.atrophy import (
    VolumeChange,
    cortical_shift,
    solve_atrophy_velocity,
)
from mslens.simulate.body import FORM_AMPLITUDES_MM, FORM_SCALES_MM, Body
from mslens.simulate.diffeomorphism import draw_velocity, exponentiate_velocity
from mslens.simulate.folding import Levels, share_above_level
from mslens.simulate.head import PARTS
from mslens.simulate.stack import sample_stack
from mslens.simulate.template_store import VENTRICLES, TemplateMaps

FloatMap = npt.NDArray[np.float32]

#: Field of view of the anatomy's grid, mm.
FIELD_OF_VIEW_MM = (184.0, 240.0, 240.0)
#: The brain lies above the middle of the field of view, the neck below.
_CENTRE_MM = (0.0, -16.0, -14.0)
#: Grey and white matter pass into each other over about a millimetre, unlike tissue and fluid.
_WHITE_SOFTNESS = 1.1


@dataclass(frozen=True, eq=False)
class Deformation:
    """The map between template and subject in both directions, as pull-backs.

    Parameters
    ----------
    to_subject : DisplacementTransform
        On a coarse grid of the subject: takes the subject's points to the template's
        (``from-MNI_to-T1w``).
    to_template : DisplacementTransform
        On a coarse grid of the template: takes its points to the subject's.
    """

    to_subject: DisplacementTransform
    to_template: DisplacementTransform


@dataclass(frozen=True, eq=False)
class BrainMaps:
    """What the template's brain box becomes in the subject, one value per voxel of `where`.

    Parameters
    ----------
    where : ndarray, shape (n,), int64
        Flat voxel indices of the subject's grid, in order.
    points : ndarray, shape (n, 3), float64
        Their places in template space, mm.
    fluid, gm, wm : ndarray, shape (n,), float32
        Shares of the voxel inside the brain; their sum is `inside`.
    inside : ndarray, shape (n,), float32
        Share of the voxel that lies inside the brain.
    """

    where: npt.NDArray[np.int64]
    points: npt.NDArray[np.float64]
    fluid: FloatMap
    gm: FloatMap
    wm: FloatMap
    inside: FloatMap


def subject_grid(voxel_size_mm: float) -> Grid:
    """Grid of the anatomy: RAS, isotropic, the neck inside."""
    shape = [round(extent / voxel_size_mm) for extent in FIELD_OF_VIEW_MM]
    affine = np.diag([voxel_size_mm] * 3 + [1.0])
    centre = (np.array(shape) - 1) / 2
    affine[:3, 3] = np.array(_CENTRE_MM) - voxel_size_mm * centre
    return Grid(affine, (shape[0], shape[1], shape[2]))


def deform_template(
    maps: TemplateMaps,
    body: Body,
    change: VolumeChange,
    *,
    pose: npt.NDArray[np.float64],
    grid: Grid,
) -> Deformation:
    """Build the map between the template and one visit of one person.

    Parameters
    ----------
    maps : TemplateMaps
    body : Body
    change : VolumeChange
        Atrophy at this visit.
    pose : ndarray, shape (4, 4), float64
        Rigid, head to scanner.
    grid : Grid
        The subject's.

    Returns
    -------
    Deformation
    """
    coarse = maps.head.grid
    size = coarse.voxel_size_mm
    rng = make_rng(body.seed, body.name, "form")
    velocity = draw_velocity(
        coarse.shape,
        voxel_size_mm=size,
        scales_mm=FORM_SCALES_MM,
        amplitudes_mm=FORM_AMPLITUDES_MM,
        rng=rng,
    )
    hull = np.ascontiguousarray(maps.head.distance_mm[..., PARTS.index("hull")])
    velocity += solve_atrophy_velocity(maps.shares, hull, change, voxel_size_mm=size)
    forward = DisplacementTransform(exponentiate_velocity(velocity, voxel_size_mm=size), coarse)
    backward = DisplacementTransform(exponentiate_velocity(-velocity, voxel_size_mm=size), coarse)
    brain = maps.shares.sum(axis=0)
    volume_ml = float((jacobian_determinant(forward) * brain).sum()) * coarse.voxel_volume_ml
    scale = (body.intracranial_ml / volume_ml) ** (1 / 3) * np.array(body.stretch)
    affine = AffineTransform(pose @ np.diag([*scale, 1.0]))
    fine = grid.resampled(size)
    return Deformation(
        to_subject=compose_displacement((affine.inverse(), backward), fine),
        to_template=compose_displacement((forward, affine), coarse),
    )


def voxels_of_head(
    maps: TemplateMaps, deformation: Deformation, grid: Grid
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], FloatMap]:
    """Find the voxels of the head.

    Parameters
    ----------
    maps : TemplateMaps
    deformation : Deformation
    grid : Grid
        The subject's.

    Returns
    -------
    where : ndarray, shape (n,), int64
        Flat indices of the voxels, in order.
    points : ndarray, shape (n, 3), float64
        Their places in the template, mm.
    distance_mm : ndarray, shape (n, n_parts), float32
        Signed distances to the parts of the head.
    """
    coarse = deformation.to_subject.grid
    corners = coarse.to_world(np.moveaxis(np.indices(coarse.shape), 0, -1).reshape(-1, 3))
    there = transform_points(corners, (deformation.to_subject,))
    skin = maps.head.distance_mm[..., PARTS.index("skin")][..., None]
    away = sample_stack(skin, maps.head.grid.to_index(there))[:, 0].reshape(coarse.shape)
    near: MaskArray = away < 2.0 * coarse.voxel_size_mm[0]
    ratio = grid.voxel_size_mm[0] / coarse.voxel_size_mm[0]
    picks = [
        np.minimum(np.rint((np.arange(n) + 0.5) * ratio - 0.5).astype(int), m - 1).clip(0)
        for n, m in zip(grid.shape, coarse.shape, strict=True)
    ]
    where = np.flatnonzero(near[np.ix_(*picks)])
    index = np.stack(np.unravel_index(where, grid.shape), axis=-1)
    points = transform_points(grid.to_world(index), (deformation.to_subject,))
    distance = sample_stack(maps.head.distance_mm, maps.head.grid.to_index(points))
    kept = distance[:, PARTS.index("skin")] < grid.voxel_size_mm[0]
    return where[kept], points[kept], distance[kept]


def sample_brain(
    maps: TemplateMaps,
    levels: Levels,
    change: VolumeChange,
    *,
    where: npt.NDArray[np.int64],
    points: npt.NDArray[np.float64],
    grid: Grid,
) -> BrainMaps:
    """Fill the brain's voxels with fluid, grey and white matter.

    Parameters
    ----------
    maps : TemplateMaps
    levels : Levels
        With the person's folds.
    change : VolumeChange
    where, points
        Voxels of the head near the brain and their places in the template.
    grid : Grid

    Returns
    -------
    BrainMaps
    """
    stack = np.stack(
        [levels.fluid, levels.white, maps.deep, maps.deep_white, maps.brain_level], axis=-1
    )
    values = sample_stack(stack, maps.grid.to_index(points))
    fluid_level = values[:, 0] + (1 - values[:, 2]) * _sample_shift(maps, change, points)
    inside = np.clip(0.5 + values[:, 4] / grid.voxel_size_mm[0], 0.0, 1.0)
    fluid = _share_of(fluid_level, where, grid, outside=3.0, softness=0.6)
    white = _share_of(values[:, 1], where, grid, outside=-3.0, softness=_WHITE_SOFTNESS)
    mixed = values[:, 2]
    white = mixed * values[:, 3] * (1 - fluid) + (1 - mixed) * np.minimum(white, 1 - fluid)
    return BrainMaps(
        where=where,
        points=points,
        fluid=inside * fluid,
        gm=inside * np.maximum(1 - fluid - white, 0.0),
        wm=inside * white,
        inside=inside.astype(np.float32),
    )


def _sample_shift(
    maps: TemplateMaps, change: VolumeChange, points: npt.NDArray[np.float64]
) -> FloatMap:
    shift = np.concatenate([[0.0], cortical_shift(change)]).astype(np.float32)
    coarse = maps.head.grid
    smooth = ndimage.gaussian_filter(shift[maps.territory], 4.0 / coarse.voxel_size_mm[0])
    return np.asarray(sample_stack(smooth[..., None], coarse.to_index(points))[:, 0])


def _share_of(
    level: FloatMap, where: npt.NDArray[np.int64], grid: Grid, *, outside: float, softness: float
) -> FloatMap:
    """Share of each voxel above level 0, with the gradient taken on the subject's grid."""
    dense = np.full(grid.shape, np.float32(outside))
    dense.ravel()[where] = level
    box = tuple(
        slice(int(axis.min()), int(axis.max()) + 1) for axis in np.unravel_index(where, grid.shape)
    )
    dense[box] = share_above_level(dense[box], softness=softness)
    return np.asarray(dense.ravel()[where])


def label_parcels(maps: TemplateMaps, brain: BrainMaps, grid: Grid) -> LabelArray:
    """Name every brain voxel: grey and white by the territory they lie in.

    Parameters
    ----------
    maps : TemplateMaps
    brain : BrainMaps
    grid : Grid

    Returns
    -------
    ndarray, shape = grid.shape, int32
        Labels of `mslens.image.parcel_names`; 0 outside the brain and in sulci.
    """
    index = np.rint(maps.grid.to_index(brain.points)).astype(np.int64)
    index = np.clip(index, 0, np.array(maps.grid.shape) - 1)
    flat = np.ravel_multi_index(tuple(index.T), maps.grid.shape)
    own, grey, white = (
        labels.ravel()[flat]
        for labels in (
            maps.parcels.labels,
            maps.parcels.grey_territory,
            maps.parcels.white_territory,
        )
    )
    deep = maps.deep.ravel()[flat] > 0.5
    tissue = np.argmax(np.stack([brain.fluid, brain.gm, brain.wm]), axis=0)
    ventricle = np.isin(own, VENTRICLES)
    label = np.select(
        [deep & (own > 0) & (tissue > 0), tissue == 1, tissue == 2, ventricle],
        [own, grey, white, own],
        0,
    )
    label = np.where(brain.inside >= 0.5, label, 0)
    out = np.zeros(grid.shape, dtype=np.int32)
    out.ravel()[brain.where] = label
    return out
