"""The features that run, zone, distance and dependence matrices share.

A matrix P(i, j) counts things (runs, zones, dependences) of grey level i and size j. It comes
as triples (i, j, P) of its non-zero cells, because most cells are empty. IBSI reference manual
3.7-3.11; Galloway 1975, Thibault 2013, Sun and Wee 1983.
"""

from __future__ import annotations

import math

import numpy as np

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.entropy import c_log_c

#: Order of the values that `emphasise` writes; "short" also reads as small, low or few.
EMPHASES = (
    "short",
    "long",
    "low_grey_level",
    "high_grey_level",
    "short_low",
    "short_high",
    "long_low",
    "long_high",
    "grey_level_non_uniformity",
    "grey_level_non_uniformity_normalised",
    "size_non_uniformity",
    "size_non_uniformity_normalised",
    "percentage",
    "grey_level_variance",
    "size_variance",
    "entropy",
    "energy",
)
N_EMPHASES = len(EMPHASES)


@kernel
def emphasise(
    triples: Array, n_cells: int, n_voxels: float, by_level: Array, by_size: Array, table: Array
) -> Array:
    """Return the 17 features of one matrix, NaN where it is empty.

    Parameters
    ----------
    triples : ndarray, shape (>= n_cells, 3), int64
        Grey level, size and count of the non-zero cells.
    n_voxels : float
        Voxels that the matrix describes (the denominator of the percentage).
    by_level, by_size : ndarray, int64
        Zeroed scratch that a grey level and a size can index; zeroed again on return.
    """
    out = np.full(17, np.nan)
    total = inner = energy = mean_i = mean_j = 0.0
    low_s = high_s = low_l = high_l = low = high = short = long = 0.0
    for n in range(n_cells):
        i, j, c = triples[n, 0], triples[n, 1], triples[n, 2]
        count, x, y = float(c), float(i), float(j)
        total += count
        inner += c_log_c(count, table)
        energy += count * count
        mean_i += count * x
        mean_j += count * y
        xx, yy = x * x, y * y
        per_xx, up = count / xx, count * xx
        per_yy = 1.0 / yy
        low += per_xx
        high += up
        short += count * per_yy
        long += count * yy
        low_s += per_xx * per_yy
        high_s += up * per_yy
        low_l += per_xx * yy
        high_l += up * yy
        by_level[i] += c
        by_size[j] += c
    if total == 0.0:
        return out
    out[0], out[1], out[2], out[3] = short / total, long / total, low / total, high / total
    out[4], out[5], out[6], out[7] = low_s / total, high_s / total, low_l / total, high_l / total
    out[8], out[13] = _spread(triples, n_cells, 0, by_level, mean_i / total)
    out[10], out[14] = _spread(triples, n_cells, 1, by_size, mean_j / total)
    for n in (8, 10, 13, 14):
        out[n] /= total
    out[9], out[11] = out[8] / total, out[10] / total
    out[12] = total / n_voxels
    out[15] = max(0.0, math.log2(total) - inner / total)
    out[16] = energy / (total * total)
    return out


@kernel
def _spread(
    triples: Array, n_cells: int, column: int, histogram: Array, mean: float
) -> tuple[float, float]:
    """Return the sums of squared counts and of squared distances; empty the histogram."""
    uniform = spread = 0.0
    for n in range(n_cells):
        value = triples[n, column]
        c = float(histogram[value])
        histogram[value] = 0
        d = float(value) - mean
        uniform += c * c
        spread += c * d * d
    return uniform, spread
