"""The neighbours of a voxel at Chebyshev distance 1, in three dimensions or inside a slice.

Slices are axis 0: the arrays of this package are slice-first, (k, j, i).
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


def list_directions(*, in_plane: bool = False) -> IntArray:
    """Return one of each pair of opposite steps.

    Parameters
    ----------
    in_plane : bool
        Only the steps that stay in a slice.

    Returns
    -------
    ndarray, shape (13, 3), or (4, 3) in a plane, int64
        Steps along (k, j, i).
    """
    steps = [s for s in itertools.product((0, 1, -1), repeat=3) if s > (0, 0, 0)]
    if in_plane:
        steps = [s for s in steps if s[0] == 0]
    return np.array(sorted(steps), dtype=np.int64)


def flat_offsets(directions: IntArray, shape: tuple[int, int, int]) -> IntArray:
    """Return the step of every direction in a flat C-ordered array of `shape`."""
    strides = np.array([shape[1] * shape[2], shape[2], 1], dtype=np.int64)
    return directions @ strides
