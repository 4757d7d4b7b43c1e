"""Largest distance between two points of a set, through its convex hull."""

from __future__ import annotations

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from mslens.core.arrays import Array, Spacing
from mslens.core.compiled import kernel

#: Below this many points all pairs are compared.
_FEW = 400


@kernel
def _largest_square(points: Array) -> float:
    largest = 0.0
    for a in range(points.shape[0]):
        for b in range(a):
            square = 0.0
            for axis in range(points.shape[1]):
                d = points[a, axis] - points[b, axis]
                square += d * d
            largest = max(largest, square)
    return largest


def largest_distance(points: Array) -> float:
    """Return the largest Euclidean distance within `points`, shape (n, d), in their unit."""
    candidates = np.ascontiguousarray(points, dtype=np.float64)
    if len(candidates) > _FEW:
        varying = candidates[:, np.ptp(candidates, axis=0) > 0]
        try:
            candidates = candidates[ConvexHull(varying).vertices]
        except (QhullError, ValueError):
            candidates = np.unique(candidates, axis=0)
    return float(np.sqrt(_largest_square(candidates)))


def largest_distance_in_slices(points: Array, *, axis: int, spacing_mm: Spacing) -> float:
    """Return the largest distance in mm between points that share a coordinate.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        In voxels, so that equal coordinates are exactly equal.
    axis : int
        The shared coordinate.
    spacing_mm : tuple of 3 float
    """
    ordered = points[np.argsort(points[:, axis], kind="stable")]
    starts = np.flatnonzero(np.diff(ordered[:, axis], prepend=-np.inf))
    scaled = ordered * np.asarray(spacing_mm)
    return max(largest_distance(part) for part in np.split(scaled, starts[1:]))
