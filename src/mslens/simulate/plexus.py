"""Small things inside the fluid: choroid plexus, and where fluid flows in unsuppressed."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from mslens.simulate.head_shapes import PLEXUS, Ellipsoid

FloatMap = npt.NDArray[np.float32]

#: Where fluid flows fast, in template mm, and how far that reaches: around the basilar artery,
#: fourth ventricle, foramina of Monro and third ventricle, suprasellar cistern.
_FLOW_PLACES = (
    ((0.0, -6.0, -38.0), (16.0, 9.0, 20.0)),
    ((0.0, -42.0, -32.0), (7.0, 8.0, 12.0)),
    ((0.0, -4.0, 6.0), (7.0, 9.0, 7.0)),
    ((0.0, 6.0, -20.0), (14.0, 9.0, 6.0)),
)


def plexus_distance(points_mm: npt.NDArray[np.float64]) -> FloatMap:
    """Signed distance to the choroid plexus, mm, below 0 inside.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        In template space.

    Returns
    -------
    ndarray, shape (n,), float32
    """
    points = points_mm.astype(np.float32)
    points[:, 0] = np.abs(points[:, 0])
    nearest = np.full(len(points), np.float32(1e3))
    for part in PLEXUS:
        if isinstance(part, Ellipsoid):
            scaled = (points - _vector(part.centre)) / _vector(part.radii)
            radius = np.linalg.norm(scaled, axis=1)
            away = (radius - 1) * np.float32(min(part.radii))
        else:
            away = _rod_distance(points, part.points, part.radius)
        nearest = np.minimum(nearest, away)
    return nearest


def _rod_distance(
    points: FloatMap, corners: tuple[tuple[float, float, float], ...], radius: float
) -> FloatMap:
    nearest = np.full(len(points), np.float32(1e3))
    for start, stop in itertools.pairwise(corners):
        along = _vector(stop) - _vector(start)
        offset = points - _vector(start)
        t = np.clip(offset @ along / (along @ along), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(offset - t[:, None] * along, axis=1))
    return np.asarray(nearest - np.float32(radius))


def _vector(values: tuple[float, float, float]) -> FloatMap:
    return np.array(values, dtype=np.float32)


def measure_flow(points_mm: npt.NDArray[np.float64], rng: np.random.Generator) -> FloatMap:
    """Share of the fluid that was not inverted when it is excited, 0 to 1.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)
        In template space.
    rng : numpy Generator
        Strength at each place: some people have none.

    Returns
    -------
    ndarray, shape (n,), float32
    """
    points = points_mm.astype(np.float32)
    flow = np.zeros(len(points), dtype=np.float32)
    for centre, reach in _FLOW_PLACES:
        strength = np.float32(max(0.0, rng.normal(0.35, 0.35)))
        away = (((points - _vector(centre)) / _vector(reach)) ** 2).sum(axis=1)
        flow += strength * np.exp(-2 * away)
    return np.clip(flow, 0, 1)
