r"""McNemar's test: two classifiers' errors on the same observations.

With b observations that only the first gets right and c that only the second gets right,
:math:`\chi^2 = (|b - c| - 1)^2 / (b + c)` on one degree of freedom (McNemar, Psychometrika 1947,
with Edwards' continuity correction, 1948). With several observations per patient,
:math:`\chi^2 = (\sum_k (b_k - c_k)/n_k)^2 / \sum_k ((b_k - c_k)/n_k)^2`
(Durkalski et al., Stat Med 2003), which has no continuity correction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.samples import code_clusters, require_same_length


@dataclass(frozen=True)
class PairedErrors:
    """McNemar's test.

    Parameters
    ----------
    only_first, only_second : int
        Observations that only the first, only the second gets right.
    statistic : float
        Chi-square on one degree of freedom; 0 when nothing disagrees.
    p : float
    clustered : bool
        Whether observations were grouped by patient.
    """

    only_first: int
    only_second: int
    statistic: float
    p: float
    clustered: bool


def compare_paired_errors(
    first_correct: Array,
    second_correct: Array,
    *,
    clusters: Array | None = None,
    continuity: bool = True,
) -> PairedErrors:
    """Compare two classifiers on the same observations.

    Parameters
    ----------
    first_correct, second_correct : array-like of bool, shape (n,)
        Whether each classifier is right.
    clusters : array-like, shape (n,), optional
        Patient of each observation; given, Durkalski's statistic is used.
    continuity : bool
        Edwards' correction; only without clusters.

    Returns
    -------
    PairedErrors

    Raises
    ------
    InputError
        If the lengths differ, there is no observation, or a value is neither 0 nor 1.
    """
    first, second = np.asarray(first_correct), np.asarray(second_correct)
    require_same_length(first=first, second=second)
    if first.ndim != 1 or not first.size or not np.isin([first, second], (0, 1)).all():
        raise InputError("the errors are not rows of 0 and 1", expected="True where right")
    sign = first.astype(np.int64) - second.astype(np.int64)
    b, c = int((sign == 1).sum()), int((sign == -1).sum())
    if clusters is None:
        return compare_discordant_counts(b, c, continuity=continuity)
    cluster = code_clusters(clusters, first.size)
    share = np.bincount(cluster, weights=sign) / np.bincount(cluster)
    total = float((share**2).sum())
    statistic = 0.0 if total == 0 else float(share.sum() ** 2 / total)
    return PairedErrors(b, c, statistic, float(stats.chi2.sf(statistic, 1)), clustered=True)


def compare_discordant_counts(
    only_first: int, only_second: int, *, continuity: bool = True
) -> PairedErrors:
    """Test the two discordant counts of a published table."""
    if min(only_first, only_second) < 0:
        raise InputError(
            f"counts of {only_first} and {only_second}", expected="counts of 0 or more"
        )
    discordant = only_first + only_second
    gap = abs(only_first - only_second) - (1 if continuity else 0)
    statistic = 0.0 if discordant == 0 else max(gap, 0) ** 2 / discordant
    p = float(stats.chi2.sf(statistic, 1))
    return PairedErrors(only_first, only_second, statistic, p, clustered=False)
