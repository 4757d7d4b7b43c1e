"""Mood's median test: the counts above the grand median, compared between groups.

Mood, Introduction to the theory of statistics, 1950; values equal to the grand median count as
not above it. Two groups get Yates' correction by default, as in SPSS.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.comparison import Comparison
from mslens.stats.samples import take_sample


def compare_medians(*groups: Array, continuity: bool = True) -> Comparison:
    """Compare the medians of independent groups.

    Parameters
    ----------
    *groups : array-like, one dimension each
    continuity : bool
        Yates' correction; only used for two groups.

    Returns
    -------
    Comparison
        With two groups the estimate is the first median minus the second.

    Raises
    ------
    InputError
        If there are fewer than two groups, a group is empty, or every value lies on one side
        of the grand median.
    """
    if len(groups) < 2:
        raise InputError(f"{len(groups)} group(s)", expected="at least two")
    samples = [take_sample(group, name=f"group {i + 1}") for i, group in enumerate(groups)]
    grand = np.median(np.concatenate(samples))
    above = np.array([(sample > grand).sum() for sample in samples])
    sizes = np.array([sample.size for sample in samples])
    if above.sum() == 0:
        raise InputError(
            "no value lies above the common median", expected="a measure that is not constant"
        )
    table = np.stack([above, sizes - above])
    result = stats.chi2_contingency(table, correction=continuity and len(samples) == 2)
    two = len(samples) == 2
    gap = float(np.median(samples[0]) - np.median(samples[1])) if two else None
    return Comparison(
        method="Mood's median test",
        p=float(result.pvalue),
        statistic=float(result.statistic),
        df=(float(result.dof),),
        estimate=gap,
        estimate_name="difference of medians" if two else "",
    )
