r"""Areas under correlated ROC curves, k models at once, and their comparison.

AUC is the share of (positive, negative) pairs that a model orders rightly. With the structural
components :math:`V_{10}(X_i)`, the share of negatives below positive i, and :math:`V_{01}(Y_j)`,
the covariance is :math:`S_{10}/m + S_{01}/n` (DeLong et al., Biometrics 1988), from midranks in
O(N log N) per model (Sun & Xu, IEEE Signal Process Lett 2014). With several lesions or scans per
patient the components are summed within patients first (Obuchowski, Biometrics 1997), which with
one observation per patient is DeLong's covariance again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.samples import code_clusters

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AucComparison:
    """Areas under the curve of k models on the same observations.

    Parameters
    ----------
    auc : ndarray, shape (k,), float64
    covariance : ndarray, shape (k, k), float64
        Of the k areas.
    """

    auc: Floats
    covariance: Floats

    @property
    def standard_error(self) -> Floats:
        """Standard error of each area, shape (k,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @property
    def z(self) -> Floats:
        """(auc_i - auc_j) / its standard error, shape (k, k); 0 where both are the same."""
        difference = self.auc[:, None] - self.auc[None, :]
        variance = np.diag(self.covariance)
        spread = np.sqrt(
            np.maximum(variance[:, None] + variance[None, :] - 2 * self.covariance, 0.0)
        )
        tiny = 1e-12
        with np.errstate(divide="ignore", invalid="ignore"):
            z = np.where(spread > tiny, difference / spread, np.sign(difference) * np.inf)
        return np.where(np.abs(difference) <= tiny, 0.0, z)

    @property
    def p(self) -> Floats:
        """Two-sided p of each pair, shape (k, k); 1 on the diagonal. Not corrected."""
        return 2.0 * stats.norm.sf(np.abs(self.z))

    def interval(self, *, level: float = 0.95) -> Floats:
        """Wald interval of each area, cut to [0, 1], shape (k, 2)."""
        reach = stats.norm.ppf(0.5 + level / 2) * self.standard_error
        return np.clip(np.stack([self.auc - reach, self.auc + reach], axis=1), 0.0, 1.0)

    def equality(self) -> tuple[float, int, float]:
        """Test that all areas are equal: chi-square, degrees of freedom and p."""
        k = len(self.auc)
        contrast = np.eye(k)[:-1] - np.eye(k)[1:]
        spread = contrast @ self.covariance @ contrast.T
        gap = contrast @ self.auc
        df = int(np.linalg.matrix_rank(spread, tol=1e-12)) if k > 1 else 0
        if df == 0:
            return 0.0, 0, 1.0
        chi2 = float(gap @ np.linalg.pinv(spread, rcond=1e-10, hermitian=True) @ gap)
        return chi2, df, float(stats.chi2.sf(chi2, df))


def compare_aucs(
    is_positive: Array, scores: Array, *, clusters: Array | None = None
) -> AucComparison:
    """Estimate the areas under the ROC curves of k models and their covariance.

    Parameters
    ----------
    is_positive : array-like of bool, shape (n,)
    scores : array-like, shape (n,) or (k, n)
        One row per model; higher means positive.
    clusters : array-like, shape (n,), optional
        Patient of each observation. Without it the observations are independent.

    Returns
    -------
    AucComparison

    Raises
    ------
    InputError
        If a class is empty or has one member (one patient, with `clusters`), the shapes do not
        fit or a score is NaN.
    """
    truth, table = _check(is_positive, scores)
    positive, negative = table[:, truth], table[:, ~truth]
    m, n = positive.shape[1], negative.shape[1]
    wins, losses = _structural_components(positive, negative)
    auc = wins.mean(axis=1)
    cluster = code_clusters(clusters, truth.size)
    s10, count10 = _scatter(wins - auc[:, None], cluster[truth], cluster)
    s01, count01 = _scatter(losses - auc[:, None], cluster[~truth], cluster)
    if min(count10, count01) < 2:
        raise InputError(
            f"{count10} patient(s) have a positive and {count01} a negative observation",
            expected="at least two of each",
        )
    both = cluster.max() + 1
    cross = s10 @ s01.T * both / ((both - 1) * m * n)
    covariance = (
        s10 @ s10.T * count10 / ((count10 - 1) * m**2)
        + s01 @ s01.T * count01 / ((count01 - 1) * n**2)
        + cross
        + cross.T
    )
    return AucComparison(auc, covariance)


def _check(is_positive: Array, scores: Array) -> tuple[npt.NDArray[np.bool_], Floats]:
    values = np.asarray(is_positive)
    if values.ndim != 1 or not np.isin(values, (0, 1)).all():
        raise InputError("the class is not one row of 0 and 1", expected="True for a positive")
    truth = values.astype(bool)
    table = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    if table.ndim != 2 or table.shape[1] != truth.size:
        raise InputError(
            f"scores have shape {np.shape(scores)} for {truth.size} observations",
            expected="one row per model, one column per observation",
        )
    if np.isnan(table).any():
        raise InputError("a score is NaN", expected="a score for every observation")
    if min(truth.sum(), (~truth).sum()) < 2:
        raise InputError(
            f"{truth.sum()} positive and {(~truth).sum()} negative observation(s)",
            expected="at least two of each class",
        )
    return truth, table


def _structural_components(positive: Floats, negative: Floats) -> tuple[Floats, Floats]:
    m, n = positive.shape[1], negative.shape[1]
    pooled = stats.rankdata(np.concatenate([positive, negative], axis=1), axis=1)
    wins = (pooled[:, :m] - stats.rankdata(positive, axis=1)) / n
    losses = 1.0 - (pooled[:, m:] - stats.rankdata(negative, axis=1)) / m
    return wins, losses


def _scatter(
    centred: Floats, cluster: npt.NDArray[np.int64], every: npt.NDArray[np.int64]
) -> tuple[Floats, int]:
    """Sum each model's centred components within clusters; count the clusters that have any."""
    size = int(every.max()) + 1
    sums = [np.bincount(cluster, weights=row, minlength=size) for row in centred]
    return np.array(sums, dtype=np.float64), int(np.unique(cluster).size)
