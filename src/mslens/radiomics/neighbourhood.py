"""One look at the neighbours of every voxel: the matrices behind GLDM, NGLDM and NGTDM.

The levels of the 26 neighbours are summed along one axis after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.alike import Alike, find_alike
from mslens.radiomics.directions import flat_offsets

#: Sums of 27 levels fit below this bit, 27 voxels above it: up to 4,096 levels in 32 bits.
_SHIFT, _WIDE_SHIFT = 17, 40
_MAX_NARROW = 4096


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """What the neighbours of the voxels of each grey level look like.

    Parameters
    ----------
    dependences : ndarray, shape (n_levels + 1, n_neighbours + 2), int64
        Voxels by level and by 1 + the number of neighbours within the coarseness.
    voxels, with_neighbours : ndarray, shape (n_levels + 1,), int64
        Voxels by level, and those of them that have a neighbour in the region.
    differences : ndarray, shape (n_levels + 1,), float64
        Sum over the voxels of a level of the difference from their neighbours' mean.
    """

    dependences: npt.NDArray[np.int64]
    voxels: npt.NDArray[np.int64]
    with_neighbours: npt.NDArray[np.int64]
    differences: npt.NDArray[np.float64]


@kernel
def _sum_squares(levels: Array, first: int, last: int, plane: int, row: int, shift: int) -> Array:
    """Sum levels and voxels over the 3 x 3 voxels of a slice around every cell.

    Returns the sums of ``level + 2^shift`` of the voxels in the region, for the cells from
    ``first - plane`` to ``last + plane``: a sum of levels and a number of voxels in one integer.
    """
    one = levels.dtype.type(1 << shift)
    low, high = max(1, first - plane - row), min(levels.size - 1, last + plane + row + 1)
    lines = np.zeros(levels.size, dtype=levels.dtype)
    before, at, after = levels[low - 1 :], levels[low:], levels[low + 1 :]
    out = lines[low:high]
    for n in range(out.size):
        a, b, c = before[n], at[n], after[n]
        out[n] = a + b + c + (min(a, 1) + min(b, 1) + min(c, 1)) * one
    low, high = max(row, first - plane), min(levels.size - row, last + plane + 1)
    squares = np.zeros(levels.size, dtype=levels.dtype)
    before, at, after = lines[low - row :], lines[low:], lines[low + row :]
    out = squares[low:high]
    for n in range(out.size):
        out[n] = before[n] + at[n] + after[n]
    return squares


@kernel
def _count_alike(
    levels: Array, cells: Array, offsets: Array, coarseness: int, around: Array
) -> None:
    """Count the neighbours within the coarseness of every cell."""
    for c in range(cells.size):
        cell = np.uint64(cells[c])
        level = levels[cell]
        alike = 0
        for n in range(offsets.size):
            step = np.uint64(offsets[n])
            up, down = levels[cell + step], levels[cell - step]
            alike += (up > 0) & (abs(up - level) <= coarseness)
            alike += (down > 0) & (abs(down - level) <= coarseness)
        around[cell] = alike


@kernel
def _count_links(alike: Array, n_alike: Array, offsets: Array, around: Array) -> None:
    """Count the links that end at every cell: its neighbours of the same level."""
    for d in range(offsets.size):
        step = np.uint64(offsets[d])
        for c in range(n_alike[d]):
            cell = np.uint64(alike[d, c])
            around[cell] += 1
            around[cell + step] += 1


@kernel
def _tally(
    levels: Array,
    cells: Array,
    squares: Array,
    plane: int,
    shift: int,
    around: Array,
    dependences: Array,
    voxels: Array,
    with_neighbours: Array,
    differences: Array,
) -> None:
    mask = (1 << shift) - 1
    for c in range(cells.size):
        cell = np.uint64(cells[c])
        level = int(levels[cell])
        both = int(squares[cell])
        if plane > 0:
            both += int(squares[cell - np.uint64(plane)]) + int(squares[cell + np.uint64(plane)])
        near, total = (both >> shift) - 1, (both & mask) - level
        dependences[level, around[cell] + 1] += 1
        if near > 0:
            differences[level] += abs(level - total / near)
        else:
            with_neighbours[level] -= 1
    for level in range(voxels.size):
        for size in range(dependences.shape[1]):
            voxels[level] += dependences[level, size]
        with_neighbours[level] += voxels[level]


def look_around(
    levels: Array,
    cells: Array,
    directions: Array,
    *,
    shape: tuple[int, int, int],
    n_levels: int,
    coarseness: int = 0,
    alike: Alike | None = None,
) -> Neighbourhoods:
    """Count dependences and grey-tone differences of every voxel's neighbours.

    Parameters
    ----------
    levels : ndarray, flat padded box of `shape`, int32
        Grey level from 1; 0 outside the region.
    cells : ndarray, shape (n,), int64
        Ascending.
    directions : ndarray, shape (13, 3), or (4, 3) in slices, int64
        What `list_directions` gives.
    n_levels : int
    coarseness : int
        Largest difference of levels that still counts as dependent (alpha).
    alike : Alike, optional
        What `find_alike` gives for the same voxels and directions.
    """
    found = Neighbourhoods(
        np.zeros((n_levels + 1, 2 * len(directions) + 2), dtype=np.int64),
        np.zeros(n_levels + 1, dtype=np.int64),
        np.zeros(n_levels + 1, dtype=np.int64),
        np.zeros(n_levels + 1),
    )
    offsets = flat_offsets(directions, shape)
    around = np.zeros(levels.size, dtype=np.int32)
    if coarseness > 0:
        _count_alike(levels, cells, offsets, coarseness, around)
    else:
        links = alike or find_alike(levels, cells, offsets)
        _count_links(links.cells, links.counts, offsets, around)
    row, volume = shape[2], bool(directions[:, 0].any())
    plane = shape[1] * shape[2] if volume else 0
    shift, wide = (_SHIFT, levels) if n_levels <= _MAX_NARROW else (_WIDE_SHIFT, levels.astype(int))
    squares = _sum_squares(wide, int(cells[0]), int(cells[-1]), plane, row, shift)
    _tally(
        levels,
        cells,
        squares,
        plane,
        shift,
        around,
        found.dependences,
        found.voxels,
        found.with_neighbours,
        found.differences,
    )
    return found
