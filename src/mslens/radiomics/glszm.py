"""Grey-level size-zone matrix: how large the connected zones of one level are.

Zones are 26-connected, or 8-connected inside a slice; the links between equal neighbours are
joined one by one. Thibault 2013; IBSI manual 3.8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.alike import Alike, find_alike
from mslens.radiomics.emphasis import emphasise
from mslens.radiomics.entropy import C_LOG_C

#: Zones below this size are counted in a table, larger ones are sorted.
_SMALL = 32


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
def _join(parents: Array, a: int, b: int) -> None:
    """Join the zones of two voxels and shorten both ways (Rem's algorithm, Dijkstra 1976)."""
    up_a, up_b = parents[a], parents[b]
    while up_a != up_b:
        if up_a < up_b:
            a, b, up_a, up_b = b, a, up_b, up_a
        parents[a] = up_b
        if up_a == a:
            return
        a = up_a
        up_a = parents[a]


@kernel
def _join_zones(cells: Array, alike: Array, n_alike: Array, offsets: Array, parents: Array) -> None:
    """Let every voxel point at the first one of its zone."""
    for cell in cells:
        parents[cell] = cell
    for d in range(offsets.size):
        for c in range(n_alike[d]):
            _join(parents, alike[d, c], alike[d, c] + offsets[d])
    # Parents come before their children, so that one step reaches the root.
    for cell in cells:
        parents[cell] = parents[parents[cell]]


@kernel
def _list_zones(levels: Array, cells: Array, parents: Array, n_levels: int, triples: Array) -> int:
    """Write the matrix of zones as (level, size, count)."""
    sizes = np.zeros(parents.size, dtype=np.int32)
    for cell in cells:
        sizes[parents[cell]] += 1
    stride = cells.size + 1
    codes = np.empty(cells.size, dtype=np.int64)
    small = np.zeros((n_levels + 1) * _SMALL, dtype=np.int32)
    zones = 0
    for cell in cells:
        size = sizes[cell]
        if size >= _SMALL:
            codes[zones] = levels[cell] * stride + size
            zones += 1
        else:
            small[levels[cell] * _SMALL + size] += 1
    codes = codes[:zones]
    codes.sort()
    n = group_codes(codes, stride, triples)
    for code in range(small.size):
        if small[code] > 0 and code % _SMALL > 0:
            triples[n, 0], triples[n, 1], triples[n, 2] = code // _SMALL, code % _SMALL, small[code]
            n += 1
    return n


@kernel
def _describe(
    levels: Array,
    cells: Array,
    alike: Array,
    n_alike: Array,
    offsets: Array,
    n_levels: int,
    table: Array,
) -> Array:
    parents = np.empty(levels.size, dtype=np.int32)
    _join_zones(cells, alike, n_alike, offsets, parents)
    triples = np.empty((cells.size, 3), dtype=np.int64)
    n = _list_zones(levels, cells, parents, n_levels, triples)
    by_level = np.zeros(n_levels + 1, dtype=np.int64)
    by_size = np.zeros(cells.size + 1, dtype=np.int64)
    return emphasise(triples, n, float(cells.size), by_level, by_size, table)


def describe_glszm(
    levels: Array, cells: Array, offsets: Array, *, n_levels: int, alike: Alike | None = None
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
    alike : Alike, optional
        What `find_alike` gives for the same voxels and directions.

    Returns
    -------
    ndarray, shape (17,), float64
    """
    links = alike or find_alike(levels, cells, offsets)
    return _describe(levels, cells, links.cells, links.counts, offsets, n_levels, C_LOG_C)
