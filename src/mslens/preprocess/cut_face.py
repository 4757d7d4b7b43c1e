"""Where a brain mask ends in a flat face, as at the edge of a field of view, and how much is gone.

A brain's cross-section shrinks to nothing towards its end. Where its first slice along an axis of
the grid is large, the brain goes on beyond it. Near the end of a ball the area at depth d is
A(d) = a d - pi d^2, so its area A and its growth g over the next w millimetres give the depth of
the first slice, pi d^2 + (g + pi w) d = A; the slice that a sound end may fill is taken off.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import MaskArray, Spacing

#: Depth over which the area's change is measured.
_REACH_MM = 8.0
_MM2_PER_CM2 = 100.0


@dataclass(frozen=True)
class CutFace:
    """A flat end of a mask.

    Parameters
    ----------
    area_cm2 : float
        Of the mask's outermost slice.
    missing_mm : float
        Depth of the brain that seems to be missing beyond it.
    """

    area_cm2: float
    missing_mm: float


def find_cut_face(mask: MaskArray, *, voxel_size_mm: Spacing, min_area_cm2: float = 8.0) -> CutFace:
    """Find the end of a mask beyond which most is missing.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    voxel_size_mm : tuple of 3 float
    min_area_cm2 : float
        A smaller end is none: the brainstem ends like this in every mask.

    Returns
    -------
    CutFace
        With nothing missing where every end is sound; its area is that of the largest end.
    """
    ends = [
        _judge_end(areas, size, min_area_cm2)
        for axis, size in enumerate(voxel_size_mm)
        for areas in _from_both_ends(np.asarray(mask), axis, voxel_size_mm)
    ]
    return max(ends, key=lambda end: (end.missing_mm, end.area_cm2))


def _from_both_ends(
    mask: MaskArray, axis: int, voxel_size_mm: Spacing
) -> list[npt.NDArray[np.float64]]:
    """Areas (cm2) of the slices from the first that holds some of the mask, from either side."""
    others = tuple(other for other in range(3) if other != axis)
    pixel = voxel_size_mm[others[0]] * voxel_size_mm[others[1]] / _MM2_PER_CM2
    areas = mask.sum(axis=others) * pixel
    filled = np.flatnonzero(areas)
    if not filled.size:
        return [np.zeros(1), np.zeros(1)]
    inside = areas[filled[0] : filled[-1] + 1]
    return [inside, inside[::-1]]


def _judge_end(areas: npt.NDArray[np.float64], slice_mm: float, min_area_cm2: float) -> CutFace:
    area = float(areas[0])
    if area < min_area_cm2:
        return CutFace(area, 0.0)
    steps = min(max(1, round(_REACH_MM / slice_mm)), len(areas) - 1)
    width = steps * slice_mm
    growth = _MM2_PER_CM2 * max(0.0, float(areas[steps] - area)) / width if steps else 0.0
    slope = growth + np.pi * width
    depth = (np.sqrt(slope**2 + 4 * np.pi * _MM2_PER_CM2 * area) - slope) / (2 * np.pi)
    return CutFace(area, max(0.0, float(depth) - slice_mm))
