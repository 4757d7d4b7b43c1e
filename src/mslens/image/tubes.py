"""Signed distance to tubes: polylines with a radius at every corner.

For the segment from a to b, t = clip((p - a).(b - a) / |b - a|^2, 0, 1) and
d(p) = |p - a - t (b - a)| - (r_a + t (r_b - r_a)); a tube takes the smallest over its segments.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array

#: x, y, z and radius in mm.
Corner = tuple[float, float, float, float]
Tube = Sequence[Corner]


def find_deepest_tube(
    points_mm: Array, tubes: Sequence[Tube]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Find the tube that each point lies deepest in, or is nearest to.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        World millimetres.
    tubes : sequence of tubes
        Corners (x, y, z, radius) in mm each; a single corner is a ball.

    Returns
    -------
    winner : ndarray, shape (n,), int32
        Number of the tube; the first of equals.
    distance_mm : ndarray, shape (n,), float32
        How far the point lies outside of it; negative inside.
    """
    segments, owners = [], []
    for number, tube in enumerate(tubes):
        corners = np.asarray(tube, dtype=np.float64)
        ends = corners if len(corners) == 1 else corners[1:]
        for start, end in zip(corners, ends, strict=False):
            segments.append(np.concatenate([start, end]))
            owners.append(number)
    winner = np.zeros(len(points_mm), dtype=np.int32)
    distance = np.full(len(points_mm), np.inf, dtype=np.float32)
    if segments:
        points = np.ascontiguousarray(points_mm, dtype=np.float64)
        _scan(points, np.array(segments), np.array(owners, dtype=np.int32), winner, distance)
    return winner, distance


@numba.njit(cache=True, nogil=True)
def _scan(
    points: npt.NDArray[np.float64],
    segments: npt.NDArray[np.float64],
    owners: npt.NDArray[np.int32],
    winner: npt.NDArray[np.int32],
    distance: npt.NDArray[np.float32],
) -> None:
    for p in range(points.shape[0]):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        best = math.inf
        for s in range(segments.shape[0]):
            a = segments[s]
            ux, uy, uz = a[4] - a[0], a[5] - a[1], a[6] - a[2]
            px, py, pz = x - a[0], y - a[1], z - a[2]
            length2 = ux * ux + uy * uy + uz * uz
            t = 0.0
            if length2 > 0.0:
                t = min(1.0, max(0.0, (px * ux + py * uy + pz * uz) / length2))
            px, py, pz = px - t * ux, py - t * uy, pz - t * uz
            away = math.sqrt(px * px + py * py + pz * pz) - (a[3] + t * (a[7] - a[3]))
            if away < best:
                best = away
                winner[p] = owners[s]
        distance[p] = best
