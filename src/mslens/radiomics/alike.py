"""Voxels whose next voxel along a direction has the same grey level.

They are the links that runs (GLRLM), zones (GLSZM) and dependences (GLDM) are made of. In an
image of many levels they are few, so that looking for them once spares three walks over all
pairs of neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel


@dataclass(frozen=True, eq=False)
class Alike:
    """Links between equal neighbours.

    Parameters
    ----------
    cells : ndarray, shape (n_directions, n_voxels), int64
        Row d: flat indices, ascending, of the voxels that equal their next one in direction d.
    counts : ndarray, shape (n_directions,), int64
        How many of a row are filled.
    """

    cells: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


@kernel
def _link(levels: Array, cells: Array, offsets: Array, found: Array, counts: Array) -> None:
    for d in range(offsets.size):
        # Unsigned indices spare the compiler the wrap-around of negative ones.
        step, n = np.uint64(offsets[d]), np.uint64(0)
        row = found[d]
        for c in range(cells.size):
            cell = np.uint64(cells[c])
            # Written always and counted when alike: there is no branch to mispredict.
            row[n] = cell
            n += np.uint64(levels[cell] == levels[cell + step])
        counts[d] = n


def find_alike(levels: Array, cells: Array, offsets: Array) -> Alike:
    """Find the equal neighbours along every direction.

    Parameters
    ----------
    levels : ndarray, flat padded box, integer
        Grey level from 1; 0 outside the region.
    cells : ndarray, shape (n,), int64
        Flat indices of the region's voxels.
    offsets : ndarray, shape (n_directions,), int64
        Flat steps of the directions.
    """
    found = np.empty((offsets.size, cells.size), dtype=np.int64)
    counts = np.empty(offsets.size, dtype=np.int64)
    _link(levels, cells, offsets, found, counts)
    return Alike(found, counts)
