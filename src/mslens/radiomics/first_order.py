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


#: Beyond so many levels more than voxels, levels are renumbered before they are counted.
_MAX_TABLE = 4096
#: Percentiles that are needed, in the order of `_find_percentiles`.
_PERCENTS = np.array([10.0, 25.0, 50.0, 75.0, 90.0])


@kernel
def _select(values: Array, k: int) -> float:
    """Return the k-th smallest value, and partly sort `values` (Hoare 1961)."""
    low, high = 0, values.size - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return float(values[k])


@kernel
def _order_by_level(values: Array, levels: Array, counts: Array) -> tuple[Array, Array]:
    """Return the values by ascending level, and where each level begins."""
    starts = np.zeros(counts.size + 1, dtype=np.int64)
    for k in range(counts.size):
        starts[k + 1] = starts[k] + counts[k]
    place = starts[:-1].copy()
    ordered = np.empty(values.size)
    for n in range(values.size):
        level = np.uint64(levels[n])
        ordered[place[level]] = values[n]
        place[level] += 1
    return ordered, starts


@kernel
def _find_percentiles(values: Array, levels: Array, counts: Array, percents: Array) -> Array:
    """Return percentiles, linear between neighbours.

    Grey levels ascend with intensity, so that only the levels that hold a percentile need an
    order inside.
    """
    ordered, starts = _order_by_level(values, levels, counts)
    out = np.empty(percents.size)
    for p in range(percents.size):
        place = percents[p] / 100.0 * (values.size - 1)
        below = math.floor(place)
        level = np.searchsorted(starts, below, side="right") - 1
        bin_values = ordered[starts[level] : starts[level + 1]]
        low = _select(bin_values, below - starts[level])
        high = low
        if below + 1 < starts[level + 1]:
            rest = bin_values[below + 1 - starts[level] :]
            high = rest.min()
        elif below + 1 < values.size:
            level = np.searchsorted(starts, below + 1, side="right") - 1
            high = ordered[starts[level] : starts[level + 1]].min()
        share = place - below
        gap = high - low
        out[p] = high - gap * (1.0 - share) if share >= 0.5 else low + gap * share
    return out


@kernel
def _describe(
    values: Array, marks: Array, counts: Array, shift: float, volume: float, table: Array
) -> Array:
    n = values.size
    total = energy = 0.0
    low = high = values[0]
    for v in values:
        total += v
        energy += (v + shift) * (v + shift)
        low, high = min(low, v), max(high, v)
    mean = total / n
    m2 = m3 = m4 = absolute = 0.0
    p10, p90 = marks[0], marks[4]
    inner = n_inner = 0.0
    for v in values:
        d = v - mean
        dd = d * d
        m2 += dd
        m3 += dd * d
        m4 += dd * dd
        absolute += abs(d)
        # A factor instead of a branch, which would be mispredicted for every fifth voxel.
        inside = 1.0 if (v >= p10) & (v <= p90) else 0.0
        inner += inside * v
        n_inner += inside
    m2, m3, m4 = m2 / n, m3 / n, m4 / n
    inner_mean, robust = inner / n_inner, 0.0
    for v in values:
        inside = 1.0 if (v >= p10) & (v <= p90) else 0.0
        robust += inside * abs(v - inner_mean)
    squares = 0.0
    for c in counts:
        squares += float(c) * float(c)
    out = np.empty(18)
    out[0], out[1], out[2] = p10, p90, energy
    out[3] = entropy_of_counts(counts, float(n), table)
    out[4] = marks[3] - marks[1]
    out[5] = m4 / (m2 * m2) if m2 > 0.0 else 0.0
    out[6], out[7], out[8] = high, absolute / n, mean
    out[9], out[10], out[11], out[12] = marks[2], low, high - low, robust / n_inner
    out[13] = math.sqrt(energy / n)
    out[14] = m3 / m2**1.5 if m2 > 0.0 else 0.0
    out[15], out[16], out[17] = energy * volume, squares / (float(n) * n), m2
    return out


def describe_first_order(
    values: Array, levels: Array, *, voxel_volume_mm3: float = 1.0, shift: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return the 18 features in the order of `FIRST_ORDER`.

    Parameters
    ----------
    values : ndarray, shape (n,), float
        Intensities of the region.
    levels : ndarray, shape (n,), integer
        Their grey levels, from 1 and ascending with intensity; entropy and uniformity come
        from them.
    voxel_volume_mm3 : float
        For the total energy.
    shift : float
        Added to every intensity before energies (PyRadiomics' ``voxelArrayShift``).
    """
    x = np.asarray(values, dtype=np.float64)
    if int(levels.max()) > _MAX_TABLE + levels.size:
        levels = np.unique(levels, return_inverse=True)[1]
    counts = np.bincount(levels)
    marks = _find_percentiles(x, levels, counts, _PERCENTS)
    return _describe(x, marks, counts, shift, voxel_volume_mm3, C_LOG_C)
