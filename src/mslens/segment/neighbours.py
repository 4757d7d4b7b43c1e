"""Sum over the six face neighbours, each weighted by the inverse of its distance.

w_d = (1 / s_d) / mean_e(1 / s_e): the weights of the six add up to 6 whatever the voxel's shape.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing


def neighbour_sum(values: Array, *, voxel_size_mm: Spacing) -> npt.NDArray[np.float32]:
    """Sum the six face neighbours of every voxel; outside the image counts as 0.

    Parameters
    ----------
    values : ndarray of float, shape (x, y, z)
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    ndarray, shape (x, y, z), float32
    """
    source = np.asarray(values, dtype=np.float32)
    inverse = 1.0 / np.asarray(voxel_size_mm, dtype=np.float64)
    weights = (inverse / inverse.mean()).astype(np.float32)
    total = np.zeros_like(source)
    for axis, weight in enumerate(weights):
        weighted = source * weight
        ahead: list[slice] = [slice(None)] * 3
        behind: list[slice] = [slice(None)] * 3
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        total[tuple(behind)] += weighted[tuple(ahead)]
        total[tuple(ahead)] += weighted[tuple(behind)]
    return total
