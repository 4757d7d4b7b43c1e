"""Jumps of intensity from slice to slice: interleaved motion, spikes, a slice that was lost.

Every brain voxel against the mean of its two neighbours across slices: anatomy goes both ways, a
slice that is brighter or darker as a whole does not.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, MaskArray

#: Slices with less brain than this share of the largest slice say little.
_MIN_AREA = 0.5
_MIN_SLICES = 3


def measure_slice_jumps(image: Array, brain: MaskArray) -> float:
    """Measure the largest jump of a slice against its neighbours.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
    brain : ndarray of bool, shape (x, y, z)

    Returns
    -------
    float
        Largest |median over voxels of log v_k - (log v_(k-1) + log v_(k+1)) / 2| over the
        slices k of every axis; 0.1 is about 10%. NaN where there are too few slices.
    """
    data = np.asarray(image, dtype=np.float32)
    inside = np.asarray(brain) & (data > 0)
    log = np.log(data, where=inside, out=np.zeros_like(data))
    jumps = [_largest_jump(np.moveaxis(log, a, 0), np.moveaxis(inside, a, 0)) for a in range(3)]
    known = [jump for jump in jumps if np.isfinite(jump)]
    return max(known) if known else float("nan")


def _largest_jump(log: npt.NDArray[np.float32], inside: MaskArray) -> float:
    shared = inside[1:-1] & inside[:-2] & inside[2:]
    area = shared.reshape(len(shared), -1).sum(axis=1)
    kept = np.flatnonzero(area >= _MIN_AREA * max(1, int(area.max(initial=0))))
    if kept.size < _MIN_SLICES or not area.any():
        return float("nan")
    bend = log[1:-1] - (log[:-2] + log[2:]) / 2
    return max(abs(float(np.median(bend[k][shared[k]]))) for k in kept)
