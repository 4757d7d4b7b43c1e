"""Voxels inside a closed polygon, by the even-odd rule (Shimrat, CACM 1962)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mslens.core.arrays import Array, MaskArray


def fill_outline(corners: Sequence[tuple[float, float]], u: Array, v: Array) -> MaskArray:
    """Say which points of a plane lie inside a polygon.

    Parameters
    ----------
    corners : sequence of (u, v)
        Corners in mm; the last is joined to the first.
    u, v : ndarray, shapes (n,) and (m,)
        Coordinates of the plane's grid in mm.

    Returns
    -------
    ndarray, shape (n, m), bool
    """
    column, row = np.asarray(u, dtype=float)[:, None], np.asarray(v, dtype=float)[None, :]
    inside = np.zeros((column.shape[0], row.shape[1]), dtype=bool)
    for (u0, v0), (u1, v1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if v0 == v1:
            continue
        crosses = (v0 > row) != (v1 > row)
        inside ^= crosses & (column < (u1 - u0) * (row - v0) / (v1 - v0) + u0)
    return inside
