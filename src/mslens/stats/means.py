"""Two group means compared: Student's t with one variance, or Welch's with two.

Student, Biometrika 1908; Welch, Biometrika 1947.
"""

from __future__ import annotations

from typing import Literal

from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.comparison import Comparison
from mslens.stats.samples import take_sample


def compare_means(
    first: Array, second: Array, *, variances: Literal["equal", "unequal"] = "equal"
) -> Comparison:
    """Compare the means of two independent groups.

    Parameters
    ----------
    first, second : array-like, shapes (n,) and (m,)
    variances : {"equal", "unequal"}
        Student's test or Welch's.

    Returns
    -------
    Comparison
        The estimate is the mean of the first minus the mean of the second.

    Raises
    ------
    InputError
        If a group has fewer than two values, one that is not finite, or neither group varies.
    """
    a = take_sample(first, name="the first group", min_size=2)
    b = take_sample(second, name="the second group", min_size=2)
    if a.var() == 0 and b.var() == 0:
        raise InputError("neither group varies", expected="a measure that is not constant")
    equal = variances == "equal"
    result = stats.ttest_ind(a, b, equal_var=equal)
    low, high = result.confidence_interval(0.95)
    return Comparison(
        method="Student's t test (equal variances)" if equal else "Welch's t test",
        p=float(result.pvalue),
        statistic=float(result.statistic),
        df=(float(result.df),),
        estimate=float(a.mean() - b.mean()),
        estimate_name="difference of means",
        interval=(float(low), float(high)),
    )
