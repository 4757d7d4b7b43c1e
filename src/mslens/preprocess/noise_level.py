"""Noise of an image inside the brain, without a background.

A difference of second differences along two axes removes everything that changes linearly; its
median absolute value over voxels where the image is flat gives the standard deviation of the noise
(after Immerkaer, Comput Vis Image Underst 1996, doi:10.1006/cviu.1996.0060).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing

#: Standard deviation of the mask [1 -2 1] x [1 -2 1] on noise of 1, and of 1 over its MAD.
_GAIN, _MAD_TO_SD = 6.0, 1.4826
#: Share of the voxels of a whole brain that count as flat.
_FLAT = 0.5
_MIN_VOXELS = 100


def estimate_noise(
    image: Array, brain: MaskArray, *, voxel_size_mm: Spacing, flat_share: float = _FLAT
) -> float:
    """Estimate the standard deviation of the noise.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
    brain : ndarray of bool, shape (x, y, z)
    voxel_size_mm : tuple of 3 float
        Differences are taken along the two axes with the smallest voxels.
    flat_share : float
        Share of the voxels, those of the smallest gradient, that are used; 1 where the mask holds
        flat tissue alone.

    Returns
    -------
    float
        In units of the image; up to a sixth too low, because flat places are chosen by an image
        that has the noise, and lower still where the scanner's interpolation smoothed it.
        NaN where the brain has fewer than 100 voxels.
    """
    if int(np.count_nonzero(brain)) < _MIN_VOXELS:
        return float("nan")
    data = np.asarray(image, dtype=np.float32)
    first, second = (int(axis) for axis in np.argsort(voxel_size_mm, kind="stable")[:2])
    residual = _second_difference(_second_difference(data, first), second)
    slope = ndimage.gaussian_gradient_magnitude(data, 1.0)[brain]
    flat = slope <= np.quantile(slope, flat_share)
    return float(_MAD_TO_SD * np.median(np.abs(residual[brain][flat])) / _GAIN)


def _second_difference(data: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    return np.asarray(ndimage.correlate1d(data, [1.0, -2.0, 1.0], axis=axis, mode="nearest"))
