"""Laplacian of a Gaussian, multiplied by sigma^2: blobs of size sigma, in mm.

`exact` repeats the passes of ITK's LaplacianRecursiveGaussianImageFilter, which PyRadiomics
calls; `fast` shares smoothed images between the three terms,
S_z [S_y D_x f + D_y S_x f] + D_z S_y S_x f: seven passes instead of nine.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.core.compiled import kernel
from mslens.radiomics.filters.recursive_gaussian import (
    RecursiveFilter,
    design_filter,
    filter_axis,
)

Implementation = Literal["exact", "fast"]


def laplacian_of_gaussian(
    image: Array,
    *,
    sigma_mm: float,
    spacing_mm: Spacing,
    implementation: Implementation = "exact",
) -> npt.NDArray[np.float32]:
    """Filter a volume.

    Parameters
    ----------
    image : ndarray, shape (k, j, i)
    sigma_mm : float
    spacing_mm : tuple of 3 float
        Voxel size along (k, j, i).
    implementation : {"exact", "fast"}

    Returns
    -------
    ndarray, shape (k, j, i), float32

    Raises
    ------
    SettingsError
        If sigma is not positive.
    ImageError
        If an axis has fewer than four voxels.
    """
    smooth = [design_filter(sigma_mm / s, derivative=0) for s in spacing_mm]
    curve = [design_filter(sigma_mm / s, derivative=2, scale=sigma_mm**2) for s in spacing_mm]
    weights = [1.0 / s**2 for s in spacing_mm]
    values = np.ascontiguousarray(image, dtype=np.result_type(image.dtype, np.float32))
    if implementation == "fast":
        return _share_passes(values, smooth, curve, weights)
    return _repeat_passes(values, smooth, curve, weights)


@kernel
def _add_weighted(total: Array, term: Array, weight: float) -> None:
    for n in range(total.size):
        total[n] = total[n] + term[n] * weight


def _repeat_passes(
    image: Array,
    smooth: list[RecursiveFilter],
    curve: list[RecursiveFilter],
    weights: list[float],
) -> npt.NDArray[np.float32]:
    total = np.zeros(image.shape, dtype=np.float32)
    for axis in (2, 1, 0):
        term = filter_axis(image, curve[axis], axis=axis)
        for other in (2, 1, 0):
            if other != axis:
                term = filter_axis(term, smooth[other], axis=other)
        _add_weighted(total.reshape(-1), term.reshape(-1), weights[axis])
    return total


def _share_passes(
    image: Array,
    smooth: list[RecursiveFilter],
    curve: list[RecursiveFilter],
    weights: list[float],
) -> npt.NDArray[np.float32]:
    smoothed = filter_axis(image, smooth[2], axis=2)
    in_plane = filter_axis(filter_axis(image, curve[2], axis=2), smooth[1], axis=1) * np.float32(
        weights[2]
    )
    in_plane += filter_axis(smoothed, curve[1], axis=1) * np.float32(weights[1])
    smoothed = filter_axis(smoothed, smooth[1], axis=1)
    total = filter_axis(in_plane, smooth[0], axis=0)
    total += filter_axis(smoothed, curve[0], axis=0) * np.float32(weights[0])
    return total
