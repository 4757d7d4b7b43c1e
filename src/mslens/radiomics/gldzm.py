"""Grey-level distance-zone matrix: how far from the border zones of one level lie.

Thibault 2014; IBSI reference manual 3.9. The distance of a zone is the smallest city-block
distance of its voxels to the outside of the region (1 at the border).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray
from mslens.core.compiled import kernel
from mslens.radiomics.emphasis import emphasise
from mslens.radiomics.entropy import C_LOG_C
from mslens.radiomics.glszm import group_codes


def border_distance(inside: MaskArray, *, in_plane: bool = False) -> npt.NDArray[np.int64]:
    """Return the city-block distance to the outside, 1 at the border, 0 outside.

    Parameters
    ----------
    inside : ndarray, shape (k, j, i), bool
        With at least one voxel of rim.
    in_plane : bool
        Distances inside each slice (axis 0).
    """
    if not in_plane:
        return ndimage.distance_transform_cdt(inside, metric="taxicab").astype(np.int64)
    planes = [ndimage.distance_transform_cdt(plane, metric="taxicab") for plane in inside]
    return np.stack(planes).astype(np.int64)


@kernel
def _grow_zone(rest: Array, seed: int, offsets: Array, stack: Array) -> int:
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
def _describe(
    levels: Array, cells: Array, offsets: Array, distance: Array, n_levels: int, table: Array
) -> Array:
    rest = levels.copy()
    stack = np.empty(cells.size, dtype=np.int64)
    codes = np.empty(cells.size, dtype=np.int64)
    farthest = 0
    for cell in cells:
        farthest = max(farthest, distance[cell])
    stride = farthest + 1
    zones = 0
    for cell in cells:
        level = rest[cell]
        if level > 0:
            size = _grow_zone(rest, cell, offsets, stack)
            nearest = farthest
            for n in range(size):
                nearest = min(nearest, distance[stack[n]])
            codes[zones] = level * stride + nearest
            zones += 1
    codes = codes[:zones]
    codes.sort()
    triples = np.empty((zones, 3), dtype=np.int64)
    n = group_codes(codes, stride, triples)
    by_level = np.zeros(n_levels + 1, dtype=np.int64)
    by_size = np.zeros(stride, dtype=np.int64)
    return emphasise(triples, n, float(cells.size), by_level, by_size, table)


def describe_gldzm(
    levels: Array, cells: Array, offsets: Array, distance: Array, *, n_levels: int
) -> npt.NDArray[np.float64]:
    """Return the shared features of the distance-zone matrix, in the order of `EMPHASES`.

    Parameters
    ----------
    levels, cells, offsets, n_levels
        As for `describe_glszm`.
    distance : ndarray, flat padded box, int64
        What `border_distance` gives for the region before re-segmentation.
    """
    return _describe(levels, cells, offsets, distance, n_levels, C_LOG_C)
