"""Grey-level co-occurrence matrix: how often two levels are neighbours in a direction.

P(i, j) is symmetric, so only its half i <= j is counted, densely where levels are few. Since its
marginals are equal, HXY1 = HXY2 = 2 HX and no Ng^2 logarithms are needed. Sums and differences
of levels go through p(x + y) and p(|x - y|). Haralick 1973; IBSI reference manual 3.6.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.radiomics.alike import Alike, find_alike
from mslens.radiomics.entropy import C_LOG_C, c_log_c, entropy_of_counts
from mslens.radiomics.maximal_correlation import maximal_correlation

#: In the order of the values that `describe_glcm` returns.
GLCM = (
    "Autocorrelation",
    "ClusterProminence",
    "ClusterShade",
    "ClusterTendency",
    "Contrast",
    "Correlation",
    "DifferenceAverage",
    "DifferenceEntropy",
    "DifferenceVariance",
    "Id",
    "Idm",
    "Idmn",
    "Idn",
    "Imc1",
    "Imc2",
    "InverseVariance",
    "JointAverage",
    "JointEnergy",
    "JointEntropy",
    "MCC",
    "MaximumProbability",
    "SumAverage",
    "SumEntropy",
    "SumSquares",
)


#: Up to so many cells of the matrix per voxel it is counted densely.
_DENSE = 8


@kernel
def _count_dense(
    levels: Array, cells: Array, offset: int, stride: int, counts: Array, alike: Array
) -> int:
    """Count pairs in the half i <= j; row 0 takes the pairs that leave the region.

    Voxels that equal their next one are noted in `alike`; their number is returned.
    """
    # Unsigned indices spare the compiler the wrap-around of negative ones.
    step, n = np.uint64(offset), np.uint64(0)
    for c in range(cells.size):
        cell = np.uint64(cells[c])
        a, b = np.int64(levels[cell]), np.int64(levels[cell + step])
        counts[np.uint64(min(a, b) * stride + max(a, b))] += 1
        # Written always and counted when alike: there is no branch to mispredict.
        alike[n] = cell
        n += np.uint64(a == b)
    return int(n)


@kernel
def _count_sparse(
    levels: Array, cells: Array, offset: int, stride: int, counts: Array, touched: Array, n: int
) -> int:
    """Count pairs in the half i <= j and note which cells of it are counted."""
    step = np.uint64(offset)
    for c in range(cells.size):
        cell = np.uint64(cells[c])
        b = levels[cell + step]
        if b > 0:
            a = levels[cell]
            code = np.uint64(min(a, b) * stride + max(a, b))
            if counts[code] == 0:
                touched[n] = code
                n += 1
            counts[code] += 1
    return n


@kernel
def _add_to(total: Array, row: Array) -> None:
    for n in range(row.size):
        total[n] += row[n]


@kernel
def _sum_up(row: Array) -> tuple[int, int, int]:
    """Return the sum, the largest and the sum of the squares of a row."""
    total, top, squares = np.int32(0), np.int32(0), np.int64(0)
    for n in range(row.size):
        c = row[n]
        total += c
        top = max(top, c)
        squares += np.int64(c) * np.int64(c)
    return int(total), int(top), int(squares)


@kernel
def _sum_c_log_c(row: Array, top: int, table: Array) -> float:
    """Sum c log2 c; four sums side by side do not wait for each other."""
    a = b = c = d = 0.0
    even = 0
    if top < table.size:
        even = row.size - row.size % 4
        for n in range(0, even, 4):
            a += table[np.uint64(row[n])]
            b += table[np.uint64(row[n + 1])]
            c += table[np.uint64(row[n + 2])]
            d += table[np.uint64(row[n + 3])]
    for n in range(even, row.size):
        a += c_log_c(row[n], table)
    return (a + b) + (c + d)


@kernel
def _tally_dense(
    counts: Array, stride: int, tallies: Array, table: Array
) -> tuple[float, float, float]:
    """Empty the counted matrix into tallies of i, i + j and j - i, row by row.

    Returns sum P log P, sum P^2 and max P of the symmetric counts.
    """
    inner, squares, largest = 0.0, np.int64(0), np.int64(0)
    counts[:stride] = 0
    one, added, apart = tallies[0], tallies[1], tallies[2]
    for i in range(1, stride):
        row = counts[i * stride + i : (i + 1) * stride]
        total, top, row_squares = _sum_up(row)
        if total == 0:
            continue
        _add_to(one[i:], row)
        one[i] += total
        _add_to(added[2 * i :], row)
        _add_to(apart, row)
        twice = 2 * np.int64(row[0])
        inner += c_log_c(float(twice), table) + 2.0 * _sum_c_log_c(row[1:], top, table)
        squares += 2 * row_squares + twice * twice // 2
        largest = max(largest, twice, np.int64(top))
        row[:] = 0
    return inner, float(squares), float(largest)


@kernel
def _tally_sparse(
    counts: Array, touched: Array, n_touched: int, stride: int, tallies: Array, table: Array
) -> tuple[float, float, float]:
    """Do as `_tally_dense` for the noted cells only."""
    inner = energy = largest = 0.0
    for t in range(n_touched):
        code = touched[t]
        c = counts[code]
        counts[code] = 0
        i = code // stride
        j = code - i * stride
        tallies[0, i] += c
        tallies[0, j] += c
        tallies[1, i + j] += c
        tallies[2, j - i] += c
        cell = float(2 * c) if i == j else float(c)
        twice = 1.0 if i == j else 2.0
        inner += twice * c_log_c(cell, table)
        energy += twice * cell * cell
        largest = max(largest, cell)
    return inner, energy, largest


@kernel
def _mean_and_variance(tally: Array, total: float) -> tuple[float, float]:
    mean = spread = 0.0
    for k in range(tally.size):
        mean += float(k) * tally[k]
    mean /= total
    for k in range(tally.size):
        spread += tally[k] * (k - mean) * (k - mean)
    return mean, spread / total


@kernel
def _describe_matrix(
    sums: tuple[float, float, float],
    tallies: Array,
    stride: int,
    out: Array,
    mean_difference: Array,
    table: Array,
) -> bool:
    """Add the features of one matrix to `out` and p(|x - y|) to `mean_difference`.

    `sums` and `tallies` are what `_tally_dense` gives.
    """
    inner, energy, largest = sums
    one, added, apart = tallies[0, :stride], tallies[1], tallies[2, :stride]
    pairs = np.int64(0)
    # 4 i j = (i + j)^2 - (i - j)^2
    product = 0.0
    for k in range(stride):
        pairs += apart[k]
        product -= 0.25 * float(k) * float(k) * apart[k]
    if pairs == 0:
        return False
    for k in range(added.size):
        product += 0.25 * float(k) * float(k) * added[k]
    total = 2.0 * pairs
    mean, variance = _mean_and_variance(one, total)
    prominence = shade = tendency = 0.0
    for k in range(added.size):
        if added[k] > 0:
            d = k - 2.0 * mean
            w = added[k] * d * d
            tendency += w
            shade += w * d
            prominence += w * d * d
    for k in range(stride):
        mean_difference[k] += apart[k] / pairs
    covariance = 0.5 * tendency / pairs - variance
    h_xy = max(0.0, math.log2(total) - inner / total)
    h_x = entropy_of_counts(one, total, table)
    out[0] += product / pairs
    out[1] += prominence / pairs
    out[2] += shade / pairs
    out[3] += tendency / pairs
    out[5] += covariance / variance if variance > 0.0 else 1.0
    out[7] += entropy_of_counts(apart, float(pairs), table)
    out[8] += _mean_and_variance(apart, float(pairs))[1]
    out[13] += (h_xy - 2.0 * h_x) / h_x if h_x > 0.0 else 0.0
    out[14] += math.sqrt(max(0.0, 1.0 - math.exp(-2.0 * (2.0 * h_x - h_xy))))
    out[16] += mean
    out[17] += energy / (total * total)
    out[18] += h_xy
    out[20] += largest / total
    out[22] += entropy_of_counts(added, float(pairs), table)
    out[23] += variance
    return True


@kernel
def _linear_features(p: Array, n_levels: int, out: Array) -> None:
    """Features that are linear in p(|x - y|), so that its mean over directions is enough."""
    for k in range(n_levels):
        if p[k] > 0.0:
            kk = float(k) * float(k)
            out[4] += kk * p[k]
            out[6] += k * p[k]
            out[9] += p[k] / (1.0 + k)
            out[10] += p[k] / (1.0 + kk)
            out[11] += p[k] / (1.0 + kk / (float(n_levels) * n_levels))
            out[12] += p[k] / (1.0 + float(k) / n_levels)
            if k > 0:
                out[15] += p[k] / kk


@kernel
def _describe(
    levels: Array,
    cells: Array,
    offsets: Array,
    n_levels: int,
    merge: bool,
    counts: Array,
    alike: Array,
    n_alike: Array,
    table: Array,
) -> Array:
    stride = n_levels + 1
    dense = alike.size > 0
    room = 1 if dense else cells.size * (offsets.size if merge else 1)
    touched = np.empty(min(room, stride * stride), dtype=np.int64)
    tallies = np.empty((3, 2 * stride), dtype=np.int32)
    out = np.zeros(24)
    mean_difference = np.zeros(stride)
    matrices, n = 0, 0
    for o in range(offsets.size):
        if dense:
            n_alike[o] = _count_dense(levels, cells, offsets[o], stride, counts, alike[o])
        else:
            n = _count_sparse(levels, cells, offsets[o], stride, counts, touched, n)
        if merge and o < offsets.size - 1:
            continue
        tallies[:] = 0
        if dense:
            sums = _tally_dense(counts, stride, tallies, table)
        else:
            sums = _tally_sparse(counts, touched, n, stride, tallies, table)
            n = 0
        matrices += _describe_matrix(sums, tallies, stride, out, mean_difference, table)
    if matrices == 0:
        out[:] = np.nan
        return out
    for k in range(stride):
        mean_difference[k] /= matrices
    out /= matrices
    _linear_features(mean_difference, n_levels, out)
    out[21] = 2.0 * out[16]
    out[19] = np.nan
    return out


def describe_glcm(
    levels: Array,
    cells: Array,
    offsets: Array,
    *,
    n_levels: int,
    merge: bool = False,
    with_mcc: bool = True,
    scratch: Array | None = None,
) -> npt.NDArray[np.float64]:
    """Return the 24 features in the order of `GLCM`.

    Parameters
    ----------
    levels : ndarray, flat padded box, int32
        Grey level from 1; 0 outside the region.
    cells : ndarray, shape (n,), int64
        Flat indices of the voxels whose pairs are counted.
    offsets : ndarray, int64
        Flat steps of the directions.
    n_levels : int
        Number of grey levels Ng.
    merge : bool
        One matrix of all directions, instead of the mean over their features.
    with_mcc : bool
        The maximal correlation coefficient costs an eigenvalue problem per direction.
    scratch : ndarray, shape (>= (n_levels + 1)^2,), int32, optional
        Zeroes; they are zeroes again on return. Saves an allocation per region.

    Returns
    -------
    ndarray, shape (24,), float64
        NaN where no two voxels are neighbours.
    """
    return describe_glcm_and_links(
        levels,
        cells,
        offsets,
        n_levels=n_levels,
        merge=merge,
        with_mcc=with_mcc,
        scratch=scratch,
    )[0]


def describe_glcm_and_links(
    levels: Array,
    cells: Array,
    offsets: Array,
    *,
    n_levels: int,
    merge: bool = False,
    with_mcc: bool = True,
    scratch: Array | None = None,
) -> tuple[npt.NDArray[np.float64], Alike]:
    """Return what `describe_glcm` and `find_alike` return, from one look at the pairs."""
    size = (n_levels + 1) ** 2
    counts = np.zeros(size, dtype=np.int32) if scratch is None else scratch
    if size <= _DENSE * cells.size:
        links = Alike(
            np.empty((offsets.size, cells.size), dtype=np.int64),
            np.zeros(offsets.size, dtype=np.int64),
        )
        noted = links.cells
    else:
        links = find_alike(levels, cells, offsets)
        noted = np.empty((offsets.size, 0), dtype=np.int64)
    out = _describe(levels, cells, offsets, n_levels, merge, counts, noted, links.counts, C_LOG_C)
    if with_mcc and not merge:
        out[19] = maximal_correlation(levels, cells, offsets, n_levels)
    return out, links
