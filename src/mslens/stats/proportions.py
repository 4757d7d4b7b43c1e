r"""Two proportions compared: Fisher's exact test, or the pooled z test.

:math:`z = (p_1 - p_2) / \sqrt{p (1 - p) (1/n_1 + 1/n_2)}` with the pooled p. The interval of the
difference is Newcombe's hybrid of Wilson intervals (Newcombe, Stat Med 1998, method 10).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import stats

from mslens.core.errors import InputError
from mslens.stats.comparison import Comparison

Alternative = Literal["two-sided", "greater", "less"]


def compare_counts(
    first: tuple[int, int], second: tuple[int, int], *, alternative: Alternative = "two-sided"
) -> Comparison:
    """Compare two proportions by Fisher's exact test.

    Parameters
    ----------
    first, second : (int, int)
        Count and group size.
    alternative : {"two-sided", "greater", "less"}
        Whether the first proportion differs from, is greater or less than the second.

    Returns
    -------
    Comparison
        The estimate is the difference of proportions.

    Raises
    ------
    InputError
        If a group is empty or a count does not fit into its group.
    """
    (a, n), (b, m) = _check(first), _check(second)
    p = stats.fisher_exact(np.array([[a, n - a], [b, m - b]]), alternative=alternative).pvalue
    return Comparison(
        method="Fisher's exact test",
        p=float(p),
        estimate=a / n - b / m,
        estimate_name="difference of proportions",
        interval=_newcombe(a, n, b, m),
    )


def compare_proportions(
    first: tuple[int, int], second: tuple[int, int], *, alternative: Alternative = "two-sided"
) -> Comparison:
    """Compare two proportions by the pooled z test; parameters as in `compare_counts`.

    Raises
    ------
    InputError
        As `compare_counts`, or when nobody, or everybody, is counted in both groups.
    """
    (a, n), (b, m) = _check(first), _check(second)
    pooled = (a + b) / (n + m)
    if pooled in (0.0, 1.0):
        raise InputError("both groups are without any difference", expected="some of each kind")
    z = (a / n - b / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    p = {
        "two-sided": 2 * stats.norm.sf(abs(z)),
        "greater": stats.norm.sf(z),
        "less": stats.norm.cdf(z),
    }[alternative]
    return Comparison(
        method=f"z test of two proportions (pooled, {alternative})",
        p=float(p),
        statistic=float(z),
        estimate=a / n - b / m,
        estimate_name="difference of proportions",
        interval=_newcombe(a, n, b, m),
    )


def wilson_interval(count: int, size: int, *, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of one proportion (Wilson, JASA 1927)."""
    count, size = _check((count, size))
    z = float(stats.norm.ppf(0.5 + level / 2))
    p = count / size
    centre = (p + z**2 / (2 * size)) / (1 + z**2 / size)
    reach = z * np.sqrt(p * (1 - p) / size + z**2 / (4 * size**2)) / (1 + z**2 / size)
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))


def _check(group: tuple[int, int]) -> tuple[int, int]:
    count, size = group
    if not 0 <= count <= size or size == 0:
        raise InputError(f"{count} of {size}", expected="a count within a group that has members")
    return count, size


def _newcombe(a: int, n: int, b: int, m: int) -> tuple[float, float]:
    p, q = a / n, b / m
    (low_p, high_p), (low_q, high_q) = wilson_interval(a, n), wilson_interval(b, m)
    low = p - q - np.hypot(p - low_p, high_q - q)
    high = p - q + np.hypot(high_p - p, q - low_q)
    return float(low), float(high)
