"""What fills each voxel of the head: shares of the tissue classes.

Brain first (fluid, grey, white, lesion, plexus), then the parts of the head from front to back;
each takes its share clip(1/2 - d / voxel) of what is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import MaskArray
from mslens.core.grid import Grid
from mslens.core.rng import make_rng
from mslens.simulate import head_shapes as shapes
from mslens.simulate.anatomy import BrainMaps
from mslens.simulate.body import Body
from mslens.simulate.diffeomorphism import draw_smooth_noise
from mslens.simulate.head import PARTS
from mslens.simulate.relaxation import CLASSES
from mslens.simulate.stack import sample_stack

FloatMap = npt.NDArray[np.float32]

_DURA_MM, _TABLE_MM, _SKIN_MM = 0.9, 1.8, 1.6
_BONE_SHARE, _THICKEST_BONE_MM = 0.52, 9.0
#: Depth to which fat reaches below the skin, on the skull and, further from it, in face and neck.
_SCALP_FAT_MM, _FACE_FAT_MM, _FACE_FROM_MM = 5.5, 6.5, 30.0
_BONE_SD_MM, _FAT_SD_MM = 0.9, 1.2
_MARBLING_MM = (6.0, 2.5)


@dataclass(frozen=True, eq=False)
class Composition:
    """Shares of the tissue classes in the voxels of the head.

    Parameters
    ----------
    grid : Grid
    where : ndarray, shape (n,), int64
        Flat indices of the voxels, in order.
    points : ndarray, shape (n, 3), float64
        Their places in template space, mm.
    shares : ndarray, shape (n_classes, n), float32
        In the order of `CLASSES`; the rest of a voxel is air.
    brain_rows : ndarray, shape (m,), int64
        Rows of `where` that belong to the brain box.
    """

    grid: Grid
    where: npt.NDArray[np.int64]
    points: npt.NDArray[np.float64]
    shares: FloatMap
    brain_rows: npt.NDArray[np.int64]

    def share(self, name: str) -> FloatMap:
        """Share of one class, shape (n,)."""
        return np.asarray(self.shares[CLASSES.index(name)])

    def dense(self, values: FloatMap) -> FloatMap:
        """Put one value per voxel of the head onto the grid, 0 elsewhere."""
        out = np.zeros(self.grid.shape, dtype=np.float32)
        out.ravel()[self.where] = values
        return out


def compose_head(
    body: Body,
    brain: BrainMaps,
    lesion: FloatMap,
    *,
    where: npt.NDArray[np.int64],
    points: npt.NDArray[np.float64],
    distance_mm: FloatMap,
    head_grid: Grid,
    grid: Grid,
) -> Composition:
    """Compose every voxel of the head.

    Parameters
    ----------
    body : Body
    brain : BrainMaps
        Its `where` is a subset of `where`.
    lesion : ndarray, shape (len(brain.where),), float32
        Share of the tissue that is lesion, 0 to 1.
    where, points, distance_mm
        Voxels of the head, their places in the template and distances to `PARTS`.
    head_grid : Grid
        Template grid on which the thickness of bone and fat varies.
    grid : Grid
        Of the subject.

    Returns
    -------
    Composition
    """
    rows = np.searchsorted(where, brain.where)
    left = np.ones(len(where), dtype=np.float32)
    left[rows] = 1 - brain.inside
    outer = np.flatnonzero(left > 0)
    shares = np.zeros((len(CLASSES), len(where)), dtype=np.float32)
    shares[:, outer] = _compose_outside(
        distance_mm[outer],
        left[outer],
        _vary(body, points[outer], head_grid),
        voxel_mm=grid.voxel_size_mm[0],
    )
    row = {name: shares[k] for k, name in enumerate(CLASSES)}
    row["csf"][rows] += brain.fluid
    healthy = 1 - lesion
    row["gm"][rows] += brain.gm * healthy
    row["wm"][rows] += brain.wm * healthy
    row["lesion"][rows] += (brain.gm + brain.wm) * lesion
    return Composition(grid, where, points, shares, rows)


def _compose_outside(
    distance_mm: FloatMap, left: FloatMap, variation: FloatMap, *, voxel_mm: float
) -> FloatMap:
    """Shares of the classes outside the brain, shape (n_classes, n)."""
    d = {name: distance_mm[:, k] for k, name in enumerate(PARTS)}
    bone, fat, marbling, diploe = variation.T
    shares = np.zeros((len(CLASSES), len(left)), dtype=np.float32)

    def fill(name: str | None, away: FloatMap) -> None:
        taken = np.clip(np.float32(0.5) - away / np.float32(voxel_mm), 0, 1) * left
        if name is not None:
            shares[CLASSES.index(name)] += taken
        np.subtract(left, taken, out=left)

    hull, depth = d["hull"], -d["skin"]
    inner = shapes.FLUID_MM + _DURA_MM
    # Bone takes a share of the wall between dura and skin, up to what bone can be.
    wall = np.maximum(hull - inner + depth, 0)
    outer = inner + np.clip(_BONE_SHARE * wall + bone, 3.0, _THICKEST_BONE_MM)
    fill(None, depth)
    fill("csf", np.maximum(hull - shapes.FLUID_MM, -d["vessel"]))
    fill("vessel", np.maximum(d["vessel"], hull - inner))
    fill("wm", np.maximum(d["cord"], -hull))
    fill("csf", np.maximum(d["canal"], -hull))
    fill("meninges", hull - inner)
    for name, part in (("muscle", "lens"), ("vitreous", "eye"), ("muscle", "strand")):
        fill(name, d[part])
    fill("fat", d["orbit"])
    fill(None, np.maximum(d["air"], inner - hull))
    fill("marrow", np.maximum(inner + _TABLE_MM + diploe - hull, hull - outer + _TABLE_MM))
    fill("bone", hull - outer)
    fill("marrow", d["marrow"])
    fill("bone", d["marrow"] - np.float32(1.5))
    fill("vessel", d["vessel"])
    fill("muscle", np.maximum(np.minimum(d["tongue"], d["muscle"]), _SKIN_MM + 2.0 - depth))
    fill("muscle", depth - _SKIN_MM)
    fill("fat", depth - np.where(hull < _FACE_FROM_MM, _SCALP_FAT_MM, _FACE_FAT_MM) - fat)
    shares[CLASSES.index("fat")] += left * marbling
    shares[CLASSES.index("muscle")] += left * (1 - marbling)
    return shares


def add_plexus(composition: Composition, plexus_mm: FloatMap, ventricle: MaskArray) -> None:
    """Turn ventricular fluid near the stated places into choroid plexus, in place.

    Parameters
    ----------
    composition : Composition
    plexus_mm : ndarray, shape (m,), float32
        Signed distance of the brain rows to the plexus.
    ventricle : ndarray, shape (m,), bool
        Whether the brain row lies in a lateral ventricle.
    """
    voxel = composition.grid.voxel_size_mm[0]
    share = np.clip(0.5 - plexus_mm / voxel, 0, 1) * ventricle
    fluid = composition.shares[CLASSES.index("csf")]
    taken = fluid[composition.brain_rows] * share
    fluid[composition.brain_rows] -= taken
    composition.shares[CLASSES.index("plexus"), composition.brain_rows] += taken


def _vary(body: Body, points: npt.NDArray[np.float64], head_grid: Grid) -> FloatMap:
    """Person's thickness of bone and fat (mm), marbling of muscle (0-1), loss of diploe (mm)."""
    rng = make_rng(body.seed, body.name, "head")
    size, shape = head_grid.voxel_size_mm, head_grid.shape

    def noise(scale: float) -> FloatMap:
        return draw_smooth_noise(shape, voxel_size_mm=size, scale_mm=scale, rng=rng)

    bone = np.float32(_BONE_SD_MM) * (noise(18.0) + np.float32(rng.standard_normal()))
    fat = np.float32(_FAT_SD_MM) * (noise(20.0) + np.float32(rng.standard_normal()))
    marbling = noise(_MARBLING_MM[0]) + noise(max(_MARBLING_MM[1], size[0]))
    marbling = ndimage.gaussian_filter(np.clip(0.25 + 0.45 * marbling, 0, 1), 0.4)
    diploe = np.maximum(0, 1.2 * noise(9.0) + np.float32(0.4))
    stack = np.stack([bone, fat, marbling.astype(np.float32), diploe], axis=-1)
    return sample_stack(stack, head_grid.to_index(points))
