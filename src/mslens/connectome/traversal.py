r"""The voxels that a streamline passes: exact, however far apart its points are.

A voxel is passed when it holds a point of the streamline, or a stretch of positive length of a
segment between two points. Segments are cut where they cross the planes between voxels
(Amanatides & Woo, Eurographics 1987); a corner that is only touched does not count.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel

#: Stretches shorter than this share of their segment are rounding.
TOUCH = 1e-9


@kernel
def count_visits(
    index: npt.NDArray[np.float64],
    start: Array,
    stop: Array,
    shape: npt.NDArray[np.int64],
    first: int,
    last_visitor: npt.NDArray[np.int32],
    count: npt.NDArray[np.int64],
    outside: npt.NDArray[np.bool_],
) -> None:
    """Add each streamline to the count of every voxel that it passes.

    Parameters
    ----------
    index : ndarray, shape (rows, 3), float64
        Points as fractional voxel indices; voxel i reaches from i - 0.5 to i + 0.5.
    start, stop : ndarray of int, shape (n,)
        Rows of each streamline.
    shape : ndarray of int64, shape (3,)
    first : int
        Number of the first streamline.
    last_visitor : ndarray of int32, shape (voxels,)
        Last streamline that passed a voxel; -1 at the beginning. Changed.
    count : ndarray of int64, shape (voxels,)
        Changed.
    outside : ndarray of bool, shape (n,)
        Set for streamlines that leave the grid, whose stretches outside are not counted.
    """
    nothing = np.empty(0, dtype=np.int32)
    for i in range(start.size):
        _follow(
            index, start[i], stop[i], shape, first + i, last_visitor, count, nothing, outside, i
        )


@kernel
def record_visits(
    index: npt.NDArray[np.float64],
    start: Array,
    stop: Array,
    shape: npt.NDArray[np.int64],
    first: int,
    last_visitor: npt.NDArray[np.int32],
    cursor: npt.NDArray[np.int64],
    visitors: npt.NDArray[np.int32],
    outside: npt.NDArray[np.bool_],
) -> None:
    """Write each streamline into the list of every voxel that it passes.

    Parameters
    ----------
    cursor : ndarray of int64, shape (voxels,)
        Next free place of each voxel's list in `visitors`. Changed.
    visitors : ndarray of int32, shape (visits,)
        Changed.
    index, start, stop, shape, first, last_visitor, outside
        As in `count_visits`.
    """
    for i in range(start.size):
        _follow(
            index, start[i], stop[i], shape, first + i, last_visitor, cursor, visitors, outside, i
        )


@kernel
def _follow(
    index: npt.NDArray[np.float64],
    low: int,
    high: int,
    shape: npt.NDArray[np.int64],
    streamline: int,
    last_visitor: npt.NDArray[np.int32],
    cursor: npt.NDArray[np.int64],
    visitors: npt.NDArray[np.int32],
    outside: npt.NDArray[np.bool_],
    place: int,
) -> None:
    cut = np.empty(3)
    for row in range(low, high):
        a0, a1, a2 = index[row, 0] + 0.5, index[row, 1] + 0.5, index[row, 2] + 0.5
        x, y, z = int(np.floor(a0)), int(np.floor(a1)), int(np.floor(a2))
        inside = _visit(x, y, z, shape, streamline, last_visitor, cursor, visitors)
        if not inside:
            outside[place] = True
        if row + 1 == high:
            continue
        d0 = index[row + 1, 0] + 0.5 - a0
        d1 = index[row + 1, 1] + 0.5 - a1
        d2 = index[row + 1, 2] + 0.5 - a2
        if (
            x == int(np.floor(a0 + d0))
            and y == int(np.floor(a1 + d1))
            and z == int(np.floor(a2 + d2))
        ):
            continue
        cut[0], cut[1], cut[2] = (
            _next_cut(a0, d0, 0.0),
            _next_cut(a1, d1, 0.0),
            _next_cut(a2, d2, 0.0),
        )
        before = 0.0
        while before < 1.0:
            after = min(1.0, min(cut[0], min(cut[1], cut[2])))
            if after - before > TOUCH:
                middle = 0.5 * (before + after)
                x = int(np.floor(a0 + d0 * middle))
                y = int(np.floor(a1 + d1 * middle))
                z = int(np.floor(a2 + d2 * middle))
                if not _visit(x, y, z, shape, streamline, last_visitor, cursor, visitors):
                    outside[place] = True
            before = after
            if cut[0] <= after:
                cut[0] = _next_cut(a0, d0, after)
            if cut[1] <= after:
                cut[1] = _next_cut(a1, d1, after)
            if cut[2] <= after:
                cut[2] = _next_cut(a2, d2, after)


@kernel
def _next_cut(a: float, d: float, after: float) -> float:
    """Share of the segment at which it crosses the next plane between voxels."""
    if d == 0.0:
        return 2.0
    plane = np.floor(a + d * after) + 1.0 if d > 0.0 else np.ceil(a + d * after) - 1.0
    t = (plane - a) / d
    while t <= after:
        plane += 1.0 if d > 0.0 else -1.0
        t = (plane - a) / d
    return t


@kernel
def _visit(
    x: int,
    y: int,
    z: int,
    shape: npt.NDArray[np.int64],
    streamline: int,
    last_visitor: npt.NDArray[np.int32],
    cursor: npt.NDArray[np.int64],
    visitors: npt.NDArray[np.int32],
) -> bool:
    if x < 0 or y < 0 or z < 0 or x >= shape[0] or y >= shape[1] or z >= shape[2]:
        return False
    voxel = (x * shape[1] + y) * shape[2] + z
    if last_visitor[voxel] != streamline:
        last_visitor[voxel] = streamline
        if visitors.size:
            visitors[cursor[voxel]] = streamline
        cursor[voxel] += 1
    return True
