"""Compose a chain into one displacement field, and invert a field.

Inverse of phi = A o (id + w), with A the least-squares affine part: x + w(x) = q, q = A^-1 y, by
Newton's iteration with a step per point. Taking A out first makes w small, so that the start is
near for any tilt of the head.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.errors import QualityError
from mslens.core.grid import Grid
from mslens.core.transform import (
    AffineTransform,
    DisplacementTransform,
    TransformChain,
)
from mslens.image.chain import iterate_slabs, transform_points
from mslens.image.interpolate import undo_displacement


@dataclass(frozen=True)
class Inverse:
    """An inverted field with the error of its round trip, in mm, over its grid."""

    transform: DisplacementTransform
    mean_error_mm: float
    max_error_mm: float


def compose_displacement(chain: TransformChain, grid: Grid) -> DisplacementTransform:
    """Write `chain` as one displacement field on `grid`, which lies in the target space."""
    field = np.empty((*grid.shape, 3), dtype=np.float32)
    for (slab, points), (_, moved) in zip(
        iterate_slabs(grid), iterate_slabs(grid, chain), strict=True
    ):
        field[slab] = (moved - points).reshape(field[slab].shape)
    return DisplacementTransform(field, grid)


def fit_affine(
    transform: DisplacementTransform, weights: npt.NDArray[np.floating] | None = None
) -> AffineTransform:
    """Least-squares affine part of a field, over its grid or over `weights` > 0 of it."""
    normal, moment = np.zeros((4, 4)), np.zeros((4, 3))
    for slab, points in iterate_slabs(transform.grid):
        moved = points + transform.displacement_mm[slab].reshape(-1, 3)
        homogeneous = np.concatenate([points, np.ones((len(points), 1))], axis=1)
        weighted = homogeneous
        if weights is not None:
            weighted = homogeneous * np.asarray(weights[slab], dtype=np.float64).reshape(-1, 1)
        normal += weighted.T @ homogeneous
        moment += weighted.T @ moved
    matrix = np.eye(4)
    matrix[:3] = np.linalg.lstsq(normal, moment, rcond=None)[0].T
    return AffineTransform(matrix)


def invert_displacement(
    transform: DisplacementTransform,
    grid: Grid,
    *,
    max_iterations: int = 100,
    tolerance_mm: float = 0.01,
) -> Inverse:
    """Invert a displacement field.

    Parameters
    ----------
    transform : DisplacementTransform
        Points of its grid's space to points of the other space.
    grid : Grid
        Grid of the inverse, in that other space.
    max_iterations : int
        Bound of the iteration, per point.
    tolerance_mm : float
        A point is done when its error along each axis is below this.

    Returns
    -------
    Inverse
        The pull-back in the other direction and the distance, in mm, by which
        forward(inverse(y)) misses y. Where y has no source inside the field's grid, the field
        is continued by its affine part.

    Raises
    ------
    QualityError
        If the affine part turns space inside out, so that there is no inverse.
    """
    affine = fit_affine(transform)
    if np.linalg.det(affine.matrix[:3, :3]) <= 0:
        raise QualityError(
            "the displacement field turns space inside out", expected="an invertible transform"
        )
    back = affine.inverse()
    rest = _rest_of_affine(transform, back)
    samples = np.ascontiguousarray(rest.displacement_mm, dtype=np.float32)
    to_index = np.ascontiguousarray(np.linalg.inv(rest.grid.affine)[:3])
    field = np.empty((*grid.shape, 3), dtype=np.float32)
    total, worst, count = 0.0, 0.0, 0
    for slab, points in iterate_slabs(grid):
        found = transform_points(points, (back,))
        undo_displacement(samples, to_index, found, max_iterations, tolerance_mm)
        field[slab] = (found - points).reshape(field[slab].shape)
        residual = transform_points(found, (rest, affine)) - points
        error = np.linalg.norm(residual, axis=1)
        total, worst, count = total + error.sum(), max(worst, error.max()), count + len(error)
    return Inverse(DisplacementTransform(field, grid), float(total / count), float(worst))


def _rest_of_affine(
    transform: DisplacementTransform, back: AffineTransform
) -> DisplacementTransform:
    """Field w of phi = A o (id + w), on the same grid."""
    rest = np.empty_like(transform.displacement_mm)
    for slab, points in iterate_slabs(transform.grid):
        moved = points + transform.displacement_mm[slab].reshape(-1, 3)
        rest[slab] = (transform_points(moved, (back,)) - points).reshape(rest[slab].shape)
    return DisplacementTransform(rest, transform.grid)
