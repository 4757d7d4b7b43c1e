"""Paired t tests of every pair of methods, Bonferroni-corrected.

The post-hoc tests that follow a repeated-measures ANOVA: p times the number of pairs, cut at 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array
from mslens.stats.rm_anova import check_repeated

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PairedComparisons:
    """One entry per pair of methods on the last axis.

    Parameters
    ----------
    pairs : tuple of (int, int)
        Columns compared.
    difference : ndarray, shape (..., pairs)
        Mean of the first column minus mean of the second.
    t, p, p_bonferroni : ndarray, shape (..., pairs)
    df : int
    """

    pairs: tuple[tuple[int, int], ...]
    difference: Floats
    t: Floats
    df: int
    p: Floats
    p_bonferroni: Floats


def compare_pairs(values: Array) -> PairedComparisons:
    """Compare every pair of columns by a paired t test.

    Parameters
    ----------
    values : array-like, shape (..., n, k)
        n subjects measured with k methods.

    Returns
    -------
    PairedComparisons
        t is 0 and p 1 where two methods agree in every subject.

    Raises
    ------
    InputError
        If there are fewer than two subjects or methods, or a value is not finite.
    """
    table = check_repeated(values)
    n, k = table.shape[-2:]
    pairs = tuple(combinations(range(k), 2))
    first, second = (list(side) for side in zip(*pairs, strict=True))
    gaps = table[..., first] - table[..., second]
    mean = gaps.mean(axis=-2)
    error = gaps.std(axis=-2, ddof=1) / np.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(mean == 0, 0.0, mean / error)
    p = 2.0 * stats.t.sf(np.abs(t), n - 1)
    return PairedComparisons(pairs, mean, t, n - 1, p, np.minimum(p * len(pairs), 1.0))
