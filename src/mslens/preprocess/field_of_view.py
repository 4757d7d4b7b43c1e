"""Boxes and margins around a mask in millimetres."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance


def bound_mask(grid: Grid, mask: MaskArray) -> tuple[npt.NDArray[np.float64], ...]:
    """Return the lowest and highest world coordinates, each shape (3,), of a mask's voxels.

    Raises
    ------
    ImageError
        If the mask is empty.
    """
    if not mask.any():
        raise ImageError("the mask is empty", expected="a brain in it")
    low, high = [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        found = np.flatnonzero(mask.any(axis=others))
        low.append(found[0] - 0.5)
        high.append(found[-1] + 0.5)
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
    world = grid.to_world(corners)
    return world.min(axis=0), world.max(axis=0)


def enclose_mask(grid: Grid, mask: MaskArray, *, margin_mm: float, voxel_size_mm: float) -> Grid:
    """Build an axis-aligned RAS grid that holds the mask and a margin around it."""
    low, high = bound_mask(grid, mask)
    low, high = low - margin_mm, high + margin_mm
    i, j, k = (max(2, int(np.ceil(n))) for n in (high - low) / voxel_size_mm)
    affine = np.diag([voxel_size_mm, voxel_size_mm, voxel_size_mm, 1.0])
    affine[:3, 3] = low + voxel_size_mm / 2
    return Grid(affine, (i, j, k))


def widen_mask(mask: Array, *, voxel_size_mm: Spacing, by_mm: float) -> MaskArray:
    """Add everything within `by_mm` of the mask."""
    return np.asarray(measure_distance(mask, voxel_size_mm=voxel_size_mm, limit_mm=by_mm) <= by_mm)


def signed_depth(mask: Array, *, voxel_size_mm: Spacing) -> npt.NDArray[np.float32]:
    """Measure the distance to the mask's surface in mm: positive inside, negative outside."""
    inside = np.asarray(mask) != 0
    depth = ndimage.distance_transform_edt(inside, sampling=voxel_size_mm)
    away = ndimage.distance_transform_edt(~inside, sampling=voxel_size_mm)
    half = 0.5 * min(voxel_size_mm)
    return np.where(inside, depth - half, half - away).astype(np.float32)


def crop_around(volume: Volume, mask: MaskArray, *, margin_mm: float) -> Volume:
    """Cut the volume down to the box of a mask on its grid and a margin around it."""
    box = crop_box(mask, voxel_size_mm=volume.grid.voxel_size_mm, margin_mm=margin_mm)
    affine = volume.grid.affine.copy()
    affine[:3, 3] = volume.grid.to_world(np.array([side.start for side in box]))
    data = np.ascontiguousarray(volume.data[box])
    i, j, k = data.shape
    return Volume(data, Grid(affine, (i, j, k)), volume.kind)
