"""Smallest bodies around a set of points: a turned box and an ellipsoid."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull

from mslens.core.arrays import Array


def smallest_box(points: Array, normals: Array) -> npt.NDArray[np.float64]:
    """Return the edge lengths of the smallest box that has one face on the convex hull.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
        Corners of the hull.
    normals : ndarray, shape (m, 3)
        Unit normals of its faces.
    """
    best = np.ptp(points, axis=0).astype(np.float64)
    for normal in np.unique(np.round(normals, 6), axis=0):
        along = normal / np.linalg.norm(normal)
        first = np.cross(along, np.eye(3)[np.argmin(np.abs(along))])
        first /= np.linalg.norm(first)
        flat = points @ np.stack([first, np.cross(along, first)], axis=1)
        edges = np.array([*_smallest_rectangle(flat), np.ptp(points @ along)])
        if edges.prod() < best.prod():
            best = edges
    return best


def _smallest_rectangle(points: Array) -> tuple[float, float]:
    ring = points[ConvexHull(points).vertices]
    sides = np.diff(ring, axis=0, append=ring[:1])
    angles = np.unique(np.round(np.arctan2(sides[:, 1], sides[:, 0]) % (np.pi / 2), 9))
    cos, sin = np.cos(angles), np.sin(angles)
    width = np.ptp(np.outer(ring[:, 0], cos) + np.outer(ring[:, 1], sin), axis=0)
    height = np.ptp(np.outer(ring[:, 1], cos) - np.outer(ring[:, 0], sin), axis=0)
    smallest = int(np.argmin(width * height))
    return float(width[smallest]), float(height[smallest])


def enclosing_ellipsoid(
    points: Array, *, tolerance: float = 1e-4, max_iterations: int = 5000
) -> npt.NDArray[np.float64]:
    """Return the semi-axes of the minimum-volume enclosing ellipsoid (Khachiyan's algorithm)."""
    n, d = points.shape
    lifted = np.vstack([points.T, np.ones(n)])
    weights = np.full(n, 1.0 / n)
    for _ in range(max_iterations):
        inverse = np.linalg.inv((lifted * weights) @ lifted.T)
        distance = np.einsum("in,ij,jn->n", lifted, inverse, lifted)
        farthest = int(np.argmax(distance))
        excess = distance[farthest] - d - 1
        if excess <= tolerance * (d + 1):
            break
        step = excess / ((d + 1) * (distance[farthest] - 1))
        weights *= 1 - step
        weights[farthest] += step
    centre = points.T @ weights
    spread = (points.T * weights) @ points - np.outer(centre, centre)
    return np.asarray(np.sqrt(d * np.linalg.eigvalsh(spread)))
