"""Normalised mutual information of two images under an affine map.

NMI = (H(F) + H(M)) / H(F, M) over the points that fall inside both images, from a joint
histogram with linear Parzen windows (Studholme 1999, doi:10.1016/S0031-3203(98)00091-0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from mslens.core.grid import Grid

#: Least share of the points that must fall inside the moving image.
MIN_COVERED = 0.3


@dataclass(frozen=True, eq=False)
class MetricSamples:
    """Points of the fixed image with their histogram bins, and the moving image in bins.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3), float64
        World points of the fixed image.
    fixed_bins : ndarray, shape (n,), float32
        Intensity at the points, in bins from 0 to n_bins - 1.
    moving_bins : ndarray, shape = moving_grid.shape, float32
    moving_grid : Grid
    n_bins : int
    """

    points_mm: npt.NDArray[np.float64]
    fixed_bins: npt.NDArray[np.float32]
    moving_bins: npt.NDArray[np.float32]
    moving_grid: Grid
    n_bins: int


def measure_mutual_information(
    samples: MetricSamples, matrix: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Measure NMI under `matrix`, which takes fixed world points to moving world points.

    Returns
    -------
    nmi : float
        From 1 (independent) to 2 (one determines the other); below 1, falling with the
        coverage, where fewer than `MIN_COVERED` of the points lie inside the moving image.
    covered : float
        Share of the points inside the moving image.
    """
    to_index = np.linalg.inv(samples.moving_grid.affine) @ matrix
    histogram = _joint_histogram(
        samples.points_mm,
        samples.fixed_bins,
        samples.moving_bins,
        np.ascontiguousarray(to_index[:3]),
        samples.n_bins,
    )
    covered = float(histogram.sum()) / max(1, len(samples.points_mm))
    if covered < MIN_COVERED:
        return covered, covered
    return _normalised(histogram), covered


def _normalised(histogram: npt.NDArray[np.float64]) -> float:
    joint = histogram / histogram.sum()
    together = _entropy(joint.ravel())
    if together <= 0.0:
        return 1.0
    return (_entropy(joint.sum(axis=0)) + _entropy(joint.sum(axis=1))) / together


def _entropy(probability: npt.NDArray[np.float64]) -> float:
    positive = probability[probability > 0]
    return float(-(positive * np.log(positive)).sum())


@numba.njit(cache=True, nogil=True)
def _joint_histogram(
    points: npt.NDArray[np.float64],
    fixed: npt.NDArray[np.float32],
    moving: npt.NDArray[np.float32],
    matrix: npt.NDArray[np.float64],
    n_bins: int,
) -> npt.NDArray[np.float64]:
    histogram = np.zeros((n_bins, n_bins))
    nx, ny, nz = moving.shape
    for p in range(points.shape[0]):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        u = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2] * z + matrix[0, 3]
        v = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2] * z + matrix[1, 3]
        w = matrix[2, 0] * x + matrix[2, 1] * y + matrix[2, 2] * z + matrix[2, 3]
        if u < 0 or v < 0 or w < 0 or u > nx - 1 or v > ny - 1 or w > nz - 1:
            continue
        i, j, k = min(int(u), nx - 2), min(int(v), ny - 2), min(int(w), nz - 2)
        a, b, c = u - i, v - j, w - k
        v00 = moving[i, j, k] * (1 - c) + moving[i, j, k + 1] * c
        v01 = moving[i, j + 1, k] * (1 - c) + moving[i, j + 1, k + 1] * c
        v10 = moving[i + 1, j, k] * (1 - c) + moving[i + 1, j, k + 1] * c
        v11 = moving[i + 1, j + 1, k] * (1 - c) + moving[i + 1, j + 1, k + 1] * c
        m = (v00 * (1 - b) + v01 * b) * (1 - a) + (v10 * (1 - b) + v11 * b) * a
        f = fixed[p]
        fi, mi = min(int(f), n_bins - 2), min(int(m), n_bins - 2)
        fa, ma = f - fi, m - mi
        histogram[fi, mi] += (1 - fa) * (1 - ma)
        histogram[fi, mi + 1] += (1 - fa) * ma
        histogram[fi + 1, mi] += fa * (1 - ma)
        histogram[fi + 1, mi + 1] += fa * ma
    return histogram
