"""Signed distance to a tube: a polyline with a radius at every corner.

For the segment from a to b, t = clip((p - a).(b - a) / |b - a|^2, 0, 1) and
d(p) = |p - a - t (b - a)| - (r_a + t (r_b - r_a)); a tube takes the smallest over its segments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array

#: x, y, z and radius in mm.
Corner = tuple[float, float, float, float]
Tube = Sequence[Corner]


def measure_tube_distance(points_mm: Array, tube: Tube) -> npt.NDArray[np.float32]:
    """Measure how far points lie outside a tube.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        World millimetres.
    tube : sequence of (x, y, z, radius)
        Corners in mm; a single corner is a ball.

    Returns
    -------
    ndarray, shape (n,), float32
        Millimetres; negative inside.
    """
    corners = np.asarray(tube, dtype=np.float32)
    points = np.asarray(points_mm, dtype=np.float32)
    starts, ends = (corners, corners) if len(corners) == 1 else (corners[:-1], corners[1:])
    nearest = np.full(len(points), np.inf, dtype=np.float32)
    for start, end in zip(starts, ends, strict=True):
        along = end[:3] - start[:3]
        length2 = float(along @ along)
        offset = points - start[:3]
        if length2:
            t = np.clip(offset @ (along / length2), 0, 1)
            offset -= t[:, None] * along
            radius = start[3] + t * (end[3] - start[3])
        else:
            radius = start[3]
        np.minimum(nearest, np.sqrt(np.einsum("ij,ij->i", offset, offset)) - radius, out=nearest)
    return nearest
