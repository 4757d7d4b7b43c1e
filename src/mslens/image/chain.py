"""Follow points of the target grid through a chain of pull-backs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mslens.core.grid import Grid
from mslens.core.transform import (
    AffineTransform,
    DisplacementTransform,
    Transform,
    TransformChain,
    identity,
)
from mslens.image.interpolate import add_displacement, index_to_points, move_points

#: Points that are held in memory at a time: 6 MB of float64 coordinates.
POINTS_PER_SLAB = 1 << 18


def simplify_chain(chain: TransformChain) -> tuple[Transform, ...]:
    """Merge neighbouring affine transforms of `chain` into one."""
    merged: list[Transform] = []
    for transform in chain:
        last = merged[-1] if merged else None
        if isinstance(last, AffineTransform) and isinstance(transform, AffineTransform):
            merged[-1] = AffineTransform(transform.matrix @ last.matrix)
        else:
            merged.append(transform)
    return tuple(merged)


def transform_points(
    points_mm: npt.NDArray[np.float64], chain: TransformChain
) -> npt.NDArray[np.float64]:
    """Take points of the target space through `chain` to the source space.

    Parameters
    ----------
    points_mm : ndarray, shape (..., 3)
        RAS+ world millimetres.
    chain : sequence of transforms, applied from first to last

    Returns
    -------
    ndarray of the same shape, float64
    """
    shape = np.shape(points_mm)
    points = np.array(points_mm, dtype=np.float64, order="C").reshape(-1, 3)
    for transform in simplify_chain(chain):
        _move(points, transform)
    return points.reshape(shape)


def iterate_slabs(
    grid: Grid, chain: TransformChain = (), *, source: Grid | None = None
) -> Iterator[tuple[slice, npt.NDArray[np.float64]]]:
    """Yield slabs along the first axis with where `chain` takes their voxels.

    Parameters
    ----------
    grid : Grid
        The target.
    chain : sequence of transforms
    source : Grid, optional
        Give voxel indices of this grid instead of world points.

    Yields
    ------
    slice, ndarray, shape (n, 3), float64
    """
    whole: list[Transform] = [AffineTransform(grid.affine), *chain]
    if source is not None:
        whole.append(AffineTransform(source.affine).inverse())
    first, *others = simplify_chain(whole)
    matrix = first.matrix if isinstance(first, AffineTransform) else identity().matrix
    to_points = np.ascontiguousarray(matrix[:3])
    _, ny, nz = grid.shape
    depth = max(1, POINTS_PER_SLAB // (ny * nz))
    for start in range(0, grid.shape[0], depth):
        stop = min(start + depth, grid.shape[0])
        points = np.empty(((stop - start) * ny * nz, 3))
        index_to_points(start, stop, grid.shape, to_points, points)
        for transform in others:
            _move(points, transform)
        yield slice(start, stop), points


def _move(points: npt.NDArray[np.float64], transform: Transform) -> None:
    if isinstance(transform, DisplacementTransform):
        to_index = np.linalg.inv(transform.grid.affine)[:3]
        add_displacement(
            np.ascontiguousarray(transform.displacement_mm, dtype=np.float32),
            np.ascontiguousarray(to_index),
            points,
        )
    else:
        move_points(np.ascontiguousarray(transform.matrix[:3]), points)
