"""One look at the neighbours of every voxel: the matrices behind GLDM, NGLDM and NGTDM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel


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
def _look(
    levels: Array,
    cells: Array,
    offsets: Array,
    coarseness: int,
    dependences: Array,
    voxels: Array,
    with_neighbours: Array,
    differences: Array,
) -> None:
    # Unsigned indices spare the compiler the wrap-around of negative ones.
    for c in range(cells.size):
        cell = np.uint64(cells[c])
        level = levels[cell]
        near = total = alike = 0
        for n in range(offsets.size):
            step = np.uint64(offsets[n])
            up, down = levels[cell + step], levels[cell - step]
            near += (up > 0) + (down > 0)
            total += up + down
            alike += (up > 0) & (abs(up - level) <= coarseness)
            alike += (down > 0) & (abs(down - level) <= coarseness)
        dependences[level, alike + 1] += 1
        voxels[level] += 1
        if near > 0:
            with_neighbours[level] += 1
            differences[level] += abs(level - total / near)


def look_around(
    levels: Array, cells: Array, offsets: Array, *, n_levels: int, coarseness: int = 0
) -> Neighbourhoods:
    """Count dependences and grey-tone differences in one pass.

    Parameters
    ----------
    levels : ndarray, flat padded box, int32
        Grey level from 1; 0 outside the region.
    cells : ndarray, shape (n,), int64
    offsets : ndarray, int64
        Flat steps to one of each pair of opposite neighbours.
    n_levels : int
    coarseness : int
        Largest difference of levels that still counts as dependent (alpha).
    """
    found = Neighbourhoods(
        np.zeros((n_levels + 1, 2 * offsets.size + 2), dtype=np.int64),
        np.zeros(n_levels + 1, dtype=np.int64),
        np.zeros(n_levels + 1, dtype=np.int64),
        np.zeros(n_levels + 1),
    )
    _look(
        levels,
        cells,
        offsets,
        coarseness,
        found.dependences,
        found.voxels,
        found.with_neighbours,
        found.differences,
    )
    return found
