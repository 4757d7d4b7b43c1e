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
    total = 0.0
    inner = 0.0
    low_s = high_s = low_l = high_l = energy = 0.0
    for n in range(n_cells):
        i, j, c = triples[n, 0], triples[n, 1], triples[n, 2]
        count = float(c)
        total += count
        inner += c_log_c(count, table)
        energy += count * count
        ii, jj = float(i) * float(i), float(j) * float(j)
        low_s += count / (ii * jj)
        high_s += count * ii / jj
        low_l += count * jj / ii
        high_l += count * ii * jj
        by_level[i] += c
        by_size[j] += c
    if total == 0.0:
        return out
    out[4], out[5], out[6], out[7] = low_s / total, high_s / total, low_l / total, high_l / total
    out[15] = max(0.0, math.log2(total) - inner / total)
    out[16] = energy / (total * total)
    _marginal(triples, n_cells, 0, by_level, total, out, 2, 3, 8, 13)
    _marginal(triples, n_cells, 1, by_size, total, out, 0, 1, 10, 14)
    out[12] = total / n_voxels
    return out


@kernel
def _marginal(
    triples: Array,
    n_cells: int,
    column: int,
    histogram: Array,
    total: float,
    out: Array,
    low: int,
    high: int,
    uniform: int,
    variance: int,
) -> None:
    s_low = s_high = s_uniform = mean = 0.0
    for n in range(n_cells):
        x = float(triples[n, column])
        c = float(triples[n, 2])
        s_low += c / (x * x)
        s_high += c * x * x
        mean += c * x
    mean /= total
    spread = 0.0
    for n in range(n_cells):
        value = triples[n, column]
        c = float(histogram[value])
        if c > 0.0:
            s_uniform += c * c
            spread += c * (value - mean) * (value - mean)
            histogram[value] = 0
    out[low], out[high] = s_low / total, s_high / total
    out[uniform], out[uniform + 1] = s_uniform / total, s_uniform / (total * total)
    out[variance] = spread / total
