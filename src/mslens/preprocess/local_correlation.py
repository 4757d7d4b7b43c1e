"""Squared local correlation of two images and its gradient.

For each cube W of voxels with weights w: cc = (sum w I'J')^2 / ((sum w I'^2 + e)(sum w J'^2 + e)),
' = minus the local mean; the metric is its mean. The gradient is the exact derivative over every
cube that holds a voxel (Avants 2008, doi:10.1016/j.media.2007.06.004; Yushkevich 2016, greedy).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from mslens.preprocess.field_filters import Image, box_sum

#: Floor of a cube's variance, as a share of the image's variance: flat cubes say nothing.
FLAT_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class FixedStatistics:
    """What does not change while the moving image is warped: sums over the fixed image."""

    image: Image
    weight: Image
    counts: Image
    sums: Image
    squares: Image
    radius: int


def prepare_fixed(image: Image, weight: Image, *, radius: int) -> FixedStatistics:
    """Sum the fixed image over cubes of +-radius voxels.

    Parameters
    ----------
    image : ndarray, shape (x, y, z), float32
        Standardised: mean about 0 and variance about 1 where it matters.
    weight : ndarray, shape (x, y, z), float32
        0 where the image is not to be compared (outside the field of view, lesions).
    radius : int
    """
    scratch = np.empty_like(image)
    counts, sums, squares = weight.copy(), weight * image, weight * image * image
    for channel in (counts, sums, squares):
        box_sum(channel, radius, scratch)
    return FixedStatistics(image, weight, counts, sums, squares, radius)


def measure_local_correlation(
    fixed: FixedStatistics, warped: Image, workspace: npt.NDArray[np.float32]
) -> float:
    """Measure the mean squared correlation and leave its gradient in ``workspace[:3]``.

    Parameters
    ----------
    fixed : FixedStatistics
    warped : ndarray, shape (x, y, z), float32
        The standardised moving image on the fixed grid.
    workspace : ndarray, shape (4, x, y, z), float32
        Overwritten. Afterwards the first three are the ascent direction along x, y, z.
    """
    scratch = workspace[3]
    _products(fixed.image, warped, fixed.weight, workspace)
    for channel in range(3):
        box_sum(workspace[channel], fixed.radius, scratch)
    metric = _factors(fixed.counts, fixed.sums, fixed.squares, fixed.weight, workspace, FLAT_SHARE)
    for channel in range(3):
        box_sum(workspace[channel], fixed.radius, scratch)
    _forces(fixed.image, warped, fixed.weight, workspace)
    return float(metric)


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _products(fixed: Image, warped: Image, weight: Image, work: npt.NDArray[np.float32]) -> None:
    nx, ny, nz = fixed.shape
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                weighted = weight[i, j, k] * warped[i, j, k]
                work[0, i, j, k] = weighted
                work[1, i, j, k] = weighted * warped[i, j, k]
                work[2, i, j, k] = weighted * fixed[i, j, k]


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _factors(
    counts: Image,
    sums: Image,
    squares: Image,
    weight: Image,
    work: npt.NDArray[np.float32],
    flat_share: float,
) -> float:
    """Turn the sums of J, J^2, IJ into the factors of I, J and 1 in the gradient."""
    nx, ny, nz = counts.shape
    total, mass = 0.0, 0.0
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                n = counts[i, j, k]
                if n < 2:
                    work[0, i, j, k] = 0
                    work[1, i, j, k] = 0
                    work[2, i, j, k] = 0
                    continue
                floor = np.float32(flat_share) * n
                mean_i, mean_j = sums[i, j, k] / n, work[0, i, j, k] / n
                var_i = max(squares[i, j, k] - n * mean_i * mean_i, np.float32(0)) + floor
                var_j = max(work[1, i, j, k] - n * mean_j * mean_j, np.float32(0)) + floor
                cov = work[2, i, j, k] - n * mean_i * mean_j
                of_i = 2 * cov / (var_i * var_j)
                of_j = of_i * cov / var_j
                total += weight[i, j, k] * cov * cov / (var_i * var_j)
                mass += weight[i, j, k]
                work[0, i, j, k] = of_i
                work[1, i, j, k] = of_j
                work[2, i, j, k] = of_i * mean_i - of_j * mean_j
    return total / max(mass, 1.0)


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _forces(fixed: Image, warped: Image, weight: Image, work: npt.NDArray[np.float32]) -> None:
    nx, ny, nz = fixed.shape
    half = np.float32(0.5)
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                slope = weight[i, j, k] * (
                    work[0, i, j, k] * fixed[i, j, k]
                    - work[1, i, j, k] * warped[i, j, k]
                    - work[2, i, j, k]
                )
                if slope == 0:
                    work[0, i, j, k] = 0
                    work[1, i, j, k] = 0
                    work[2, i, j, k] = 0
                    continue
                il, ih = max(i - 1, 0), min(i + 1, nx - 1)
                jl, jh = max(j - 1, 0), min(j + 1, ny - 1)
                kl, kh = max(k - 1, 0), min(k + 1, nz - 1)
                work[0, i, j, k] = slope * half * (warped[ih, j, k] - warped[il, j, k])
                work[1, i, j, k] = slope * half * (warped[i, jh, k] - warped[i, jl, k])
                work[2, i, j, k] = slope * half * (warped[i, j, kh] - warped[i, j, kl])
