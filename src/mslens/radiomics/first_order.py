"""The 18 first-order features of a region: intensities without their places.

Van Griethuysen 2017; IBSI reference manual 3.3 and 3.4. Percentiles interpolate linearly.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.entropy import C_LOG_C, entropy_of_counts

#: In the order of the values that `describe_first_order` returns.
FIRST_ORDER = (
    "10Percentile",
    "90Percentile",
    "Energy",
    "Entropy",
    "InterquartileRange",
    "Kurtosis",
    "Maximum",
    "MeanAbsoluteDeviation",
    "Mean",
    "Median",
    "Minimum",
    "Range",
    "RobustMeanAbsoluteDeviation",
    "RootMeanSquared",
    "Skewness",
    "TotalEnergy",
    "Uniformity",
    "Variance",
)


@kernel
def percentile_of_sorted(values: Array, percent: float) -> float:
    """Return a percentile of ascending values, linear between neighbours."""
    place = percent / 100.0 * (values.size - 1)
    below = math.floor(place)
    above = min(below + 1, values.size - 1)
    share = place - below
    gap = values[above] - values[below]
    if share >= 0.5:
        return float(values[above] - gap * (1.0 - share))
    return float(values[below] + gap * share)


@kernel
def _describe(values: Array, counts: Array, shift: float, volume: float, table: Array) -> Array:
    n = values.size
    total = energy = 0.0
    for v in values:
        total += v
        energy += (v + shift) * (v + shift)
    mean = total / n
    m2 = m3 = m4 = absolute = 0.0
    p10, p90 = percentile_of_sorted(values, 10.0), percentile_of_sorted(values, 90.0)
    inner, n_inner = 0.0, 0
    for v in values:
        d = v - mean
        dd = d * d
        m2 += dd
        m3 += dd * d
        m4 += dd * dd
        absolute += abs(d)
        if p10 <= v <= p90:
            inner += v
            n_inner += 1
    m2, m3, m4 = m2 / n, m3 / n, m4 / n
    inner_mean, robust = inner / n_inner, 0.0
    for v in values:
        if p10 <= v <= p90:
            robust += abs(v - inner_mean)
    squares = 0.0
    for c in counts:
        squares += float(c) * float(c)
    out = np.empty(18)
    out[0], out[1], out[2] = p10, p90, energy
    out[3] = entropy_of_counts(counts, float(n), table)
    out[4] = percentile_of_sorted(values, 75.0) - percentile_of_sorted(values, 25.0)
    out[5] = m4 / (m2 * m2) if m2 > 0.0 else 0.0
    out[6], out[7], out[8] = values[n - 1], absolute / n, mean
    out[9] = percentile_of_sorted(values, 50.0)
    out[10], out[11], out[12] = values[0], values[n - 1] - values[0], robust / n_inner
    out[13] = math.sqrt(energy / n)
    out[14] = m3 / m2**1.5 if m2 > 0.0 else 0.0
    out[15], out[16], out[17] = energy * volume, squares / (float(n) * n), m2
    return out


def describe_first_order(
    values: Array, level_counts: Array, *, voxel_volume_mm3: float = 1.0, shift: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return the 18 features in the order of `FIRST_ORDER`.

    Parameters
    ----------
    values : ndarray, shape (n,), float64
        Intensities of the region in ascending order.
    level_counts : ndarray, int64
        Voxels per grey level (entropy and uniformity come from the discretised region).
    voxel_volume_mm3 : float
        For the total energy.
    shift : float
        Added to every intensity before energies (PyRadiomics' ``voxelArrayShift``).
    """
    return _describe(values, level_counts, shift, voxel_volume_mm3, C_LOG_C)
