"""Grey-level size-zone matrix: how large the connected zones of one level are.

Zones are 26-connected, or 8-connected inside a slice. Thibault 2013; IBSI manual 3.8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.emphasis import emphasise
from mslens.radiomics.entropy import C_LOG_C


@kernel
def grow_zone(rest: Array, seed: int, offsets: Array, stack: Array) -> int:
    """Take the zone of `seed` out of `rest`; its cells lie in `stack`, their number returns."""
    level = rest[seed]
    rest[seed] = 0
    stack[0] = seed
    size, at = 1, 0
    while at < size:
        cell = np.uint64(stack[at])
        at += 1
        for n in range(offsets.size):
            step = np.uint64(offsets[n])
            up, down = cell + step, cell - step
            if rest[up] == level:
                rest[up] = 0
                stack[size] = up
                size += 1
            if rest[down] == level:
                rest[down] = 0
                stack[size] = down
                size += 1
    return size


@kernel
def group_codes(codes: Array, stride: int, triples: Array) -> int:
    """Write (code // stride, code % stride, count) of sorted codes; return their number."""
    n = 0
    for c in range(codes.size):
        if c > 0 and codes[c] == codes[c - 1]:
            triples[n - 1, 2] += 1
        else:
            i = codes[c] // stride
            triples[n, 0], triples[n, 1], triples[n, 2] = i, codes[c] - i * stride, 1
            n += 1
    return n


@kernel
def _describe(levels: Array, cells: Array, offsets: Array, n_levels: int, table: Array) -> Array:
    rest = levels.copy()
    stride = cells.size + 1
    stack = np.empty(cells.size, dtype=np.int64)
    codes = np.empty(cells.size, dtype=np.int64)
    zones = 0
    for cell in cells:
        level = rest[cell]
        if level > 0:
            size = grow_zone(rest, cell, offsets, stack)
            codes[zones] = level * stride + size
            zones += 1
    codes = codes[:zones]
    codes.sort()
    triples = np.empty((zones, 3), dtype=np.int64)
    n = group_codes(codes, stride, triples)
    by_level = np.zeros(n_levels + 1, dtype=np.int64)
    by_size = np.zeros(stride, dtype=np.int64)
    return emphasise(triples, n, float(cells.size), by_level, by_size, table)


def describe_glszm(
    levels: Array, cells: Array, offsets: Array, *, n_levels: int
) -> npt.NDArray[np.float64]:
    """Return the shared features of the size-zone matrix, in the order of `EMPHASES`.

    Parameters
    ----------
    levels : ndarray, flat padded box, int32
        Grey level from 1; 0 outside. Voxels that are not in `cells` must be 0 or lie where no
        offset reaches them.
    cells : ndarray, shape (n,), int64
        Flat indices of the region's voxels.
    offsets : ndarray, int64
        Flat steps of the directions along which neighbours connect (both ways).
    n_levels : int
        Number of grey levels Ng.

    Returns
    -------
    ndarray, shape (17,), float64
    """
    return _describe(levels, cells, offsets, n_levels, C_LOG_C)
