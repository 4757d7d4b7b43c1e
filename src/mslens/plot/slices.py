"""Which slices to show: evenly spread over the brain, or where the lesions are."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array
from mslens.plot.orientation import CUT_AXIS, Plane


def spread_slices(mask: Array, plane: Plane, count: int, *, trim: float = 0.06) -> list[int]:
    """Return up to `count` slice indices spread evenly over a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (right, anterior, superior)
    plane : {"axial", "coronal", "sagittal"}
    count : int
    trim : float
        Share of the mask's extent that is left out at both ends, where there is little to see.

    Returns
    -------
    list of int
        Ascending, without repeats; empty for an empty mask.
    """
    filled = np.flatnonzero(_area(mask, plane))
    if filled.size == 0:
        return []
    first, last = int(filled[0]), int(filled[-1])
    cut = trim * (last - first)
    positions = np.linspace(first + cut, last - cut, count) if count > 1 else [(first + last) / 2]
    return sorted({round(float(position)) for position in positions})


def loaded_slices(
    mask: Array, plane: Plane, count: int, *, spacing_mm: float, gap_mm: float = 5.0
) -> list[int]:
    """Return up to `count` slices that show the most of a mask, at least `gap_mm` apart.

    Greedy: the slice with the largest area first. Where the mask fills fewer slices than asked
    for at that distance, fewer come back.

    Parameters
    ----------
    mask : ndarray of bool, shape (right, anterior, superior)
    plane : {"axial", "coronal", "sagittal"}
    count : int
    spacing_mm : float
        Distance between neighbouring slices.
    gap_mm : float
    """
    area = _area(mask, plane).astype(np.float64)
    gap = max(1, round(gap_mm / spacing_mm))
    chosen: list[int] = []
    while len(chosen) < count and area.any():
        best = int(area.argmax())
        chosen.append(best)
        area[max(0, best - gap + 1) : best + gap] = 0
    return sorted(chosen)


def _area(mask: Array, plane: Plane) -> Array:
    others = tuple(axis for axis in range(3) if axis != CUT_AXIS[plane])
    return np.asarray(np.count_nonzero(mask, axis=others))
