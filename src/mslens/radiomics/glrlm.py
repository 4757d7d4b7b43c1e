"""Grey-level run-length matrix: how long levels stay the same in a direction.

Runs of two voxels and more begin at links between equal neighbours; what is left of a level are
runs of one. Galloway 1975; IBSI reference manual 3.7.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.alike import Alike, find_alike
from mslens.radiomics.directions import flat_offsets
from mslens.radiomics.emphasis import emphasise
from mslens.radiomics.entropy import C_LOG_C


@kernel
def _count_long_runs(
    levels: Array,
    alike: Array,
    offset: int,
    stride: int,
    counts: Array,
    touched: Array,
    n: int,
    single: Array,
) -> int:
    """Count the runs of two voxels and more, and take their voxels out of `single`."""
    step = np.uint64(offset)
    for c in range(alike.size):
        cell = np.uint64(alike[c])
        level = levels[cell]
        if levels[cell - step] == level:
            continue
        length = 2
        at = cell + step + step
        while levels[at] == level:
            length += 1
            at += step
        single[level] -= length
        code = np.uint64(level * stride + length)
        if counts[code] == 0:
            touched[n] = code
            n += 1
        counts[code] += 1
    return n


@kernel
def _take_triples(
    counts: Array, touched: Array, n: int, stride: int, single: Array, triples: Array
) -> int:
    """Move the counted runs into `triples` and return how many triples there are."""
    for t in range(n):
        code = touched[t]
        level = code // stride
        triples[t, 0], triples[t, 1] = level, code - level * stride
        triples[t, 2] = counts[code]
        counts[code] = 0
    for level in range(1, single.size):
        if single[level] > 0:
            triples[n, 0], triples[n, 1], triples[n, 2] = level, 1, single[level]
            n += 1
    return n


@kernel
def _is_one_voxel_wide(cells: Array, shape: Array, direction: Array) -> bool:
    """Say whether no line along `direction` holds two voxels."""
    seen = np.empty(cells.size, dtype=np.int64)
    plane = shape[1] * shape[2]
    for n in range(cells.size):
        z = cells[n] // plane
        y = (cells[n] - z * plane) // shape[2]
        x = cells[n] - z * plane - y * shape[2]
        back = 1 << 60
        at = (z, y, x)
        for axis in range(3):
            if direction[axis] > 0:
                back = min(back, at[axis])
            elif direction[axis] < 0:
                back = min(back, shape[axis] - 1 - at[axis])
        step = (direction[0] * shape[1] + direction[1]) * shape[2] + direction[2]
        seen[n] = cells[n] - back * step
    seen.sort()
    return bool(np.all(seen[1:] != seen[:-1]))


@kernel
def _describe(
    levels: Array,
    cells: Array,
    alike: Array,
    n_alike: Array,
    directions: Array,
    shape: Array,
    n_levels: int,
    merge: bool,
    skip_flat: bool,
    counts: Array,
    table: Array,
) -> Array:
    stride = max(shape[0], shape[1], shape[2]) + 1
    n_directions = directions.shape[0]
    room = min(cells.size * (n_directions if merge else 1), (n_levels + 1) * stride)
    touched = np.empty(room, dtype=np.int64)
    triples = np.empty((room + n_levels, 3), dtype=np.int64)
    by_level = np.zeros(n_levels + 1, dtype=np.int64)
    by_size = np.zeros(stride, dtype=np.int64)
    voxels = np.zeros(n_levels + 1, dtype=np.int64)
    for cell in cells:
        voxels[levels[cell]] += 1
    single = np.zeros(n_levels + 1, dtype=np.int64)
    out = np.zeros(17)
    matrices, n = 0, 0
    lines = n_directions if merge else 1
    for d in range(n_directions):
        step = directions[d]
        offset = (step[0] * shape[1] + step[1]) * shape[2] + step[2]
        single += voxels
        n = _count_long_runs(
            levels, alike[d, : n_alike[d]], offset, stride, counts, touched, n, single
        )
        if merge and d < n_directions - 1:
            continue
        if not (skip_flat and n == 0 and _is_one_voxel_wide(cells, shape, step)):
            n = _take_triples(counts, touched, n, stride, single, triples)
            out += emphasise(triples, n, float(cells.size * lines), by_level, by_size, table)
            matrices += 1
        single[:] = 0
        n = 0
    return out / matrices if matrices else np.full(17, np.nan)


def describe_glrlm(
    levels: Array,
    cells: Array,
    directions: Array,
    *,
    shape: tuple[int, int, int],
    n_levels: int,
    merge: bool = False,
    skip_flat: bool = True,
    alike: Alike | None = None,
    scratch: Array | None = None,
) -> npt.NDArray[np.float64]:
    """Return the shared features of the run-length matrix, in the order of `EMPHASES`.

    Parameters
    ----------
    levels : ndarray, flat padded box of `shape`, int32
        Grey level from 1; 0 outside the region.
    cells : ndarray, shape (n,), int64
        Flat indices of the voxels whose runs are counted.
    directions : ndarray, shape (d, 3), int64
    n_levels : int
        Number of grey levels Ng.
    merge : bool
        One matrix of all directions, instead of the mean over their features.
    skip_flat : bool
        Leave out directions in which the region is one voxel thick everywhere (PyRadiomics).
    alike : Alike, optional
        What `find_alike` gives for the same voxels and directions.
    scratch : ndarray, shape (>= (n_levels + 1) * (max(shape) + 1),), int32, optional
        Zeroes; they are zeroes again on return.

    Returns
    -------
    ndarray, shape (17,), float64
    """
    size = (n_levels + 1) * (max(shape) + 1)
    counts = np.zeros(size, dtype=np.int32) if scratch is None else scratch
    links = alike or find_alike(levels, cells, flat_offsets(directions, shape))
    box = np.array(shape, dtype=np.int64)
    return _describe(
        levels,
        cells,
        links.cells,
        links.counts,
        directions,
        box,
        n_levels,
        merge,
        skip_flat,
        counts,
        C_LOG_C,
    )
