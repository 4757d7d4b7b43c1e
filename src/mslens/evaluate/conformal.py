r"""Prediction intervals with guaranteed coverage, from residuals that the model has not seen.

Split conformal: the half width is the :math:`\lceil (n+1)(1-\alpha) \rceil`-th smallest absolute
residual (Vovk et al. 2005; Lei et al., JASA 2018): coverage of at least :math:`1-\alpha` for
exchangeable patients. CV+ uses every row twice, through the model that did not see it
(Barber et al., Ann Stat 2021): coverage of at least :math:`1-2\alpha` guaranteed, about
:math:`1-\alpha` in practice. With several scans per patient each patient weighs the same
(Lee, Barber & Willett, arXiv:2306.06342), so a scan of a new patient is covered.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError, SettingsError
from mslens.stats.samples import code_clusters, take_sample

Floats = npt.NDArray[np.float64]
Bounds = tuple[float, float]
_UNBOUNDED: Bounds = (-np.inf, np.inf)


def calibrate_half_width(
    residuals: Array, *, coverage: float = 0.9, patients: Array | None = None
) -> float:
    """Find the half width of a split-conformal interval.

    Parameters
    ----------
    residuals : array-like, shape (n,)
        Observed minus predicted, of rows that the model was not fitted on.
    coverage : float
        In (0, 1).
    patients : array-like, shape (n,), optional
        Patient of each row.

    Returns
    -------
    float
        Infinite when there are too few patients for the coverage.

    Raises
    ------
    InputError
        If a residual is not finite or there is none.
    SettingsError
        If the coverage is outside (0, 1).
    """
    _check_coverage(coverage)
    scores = np.abs(take_sample(residuals, name="the residuals"))
    weights = _patient_weights(patients, scores.size)
    return float(_upper_quantile(scores[None, :], weights, coverage)[0])


def predict_cv_plus(
    residuals: Array,
    fold_of: Array,
    predictions: Array,
    *,
    coverage: float = 0.9,
    patients: Array | None = None,
    bounds: Bounds = _UNBOUNDED,
) -> tuple[Floats, Floats]:
    """Compute CV+ intervals for new rows.

    Parameters
    ----------
    residuals : array-like, shape (n,)
        Observed minus predicted of each training row, by the model of the fold that judged it.
    fold_of : array-like of int, shape (n,)
        That fold, from 0.
    predictions : array-like, shape (m, folds)
        New rows, predicted by the model of every fold.
    coverage : float
    patients : array-like, shape (n,), optional
    bounds : tuple of 2 float
        Intervals are cut to them, e.g. (0, 10) for the EDSS.

    Returns
    -------
    low, high : ndarray, shape (m,)

    Raises
    ------
    InputError
        If a residual is not finite, or a fold has no model.
    SettingsError
        If the coverage is outside (0, 1).
    """
    _check_coverage(coverage)
    scores = np.abs(take_sample(residuals, name="the residuals"))
    fold = np.asarray(fold_of, dtype=np.int64)
    table = np.asarray(predictions, dtype=np.float64)
    if table.ndim != 2 or fold.shape != scores.shape or not _is_within(fold, table.shape[1]):
        raise InputError(
            f"{scores.size} residuals, {fold.size} fold numbers up to {fold.max(initial=-1)} and "
            f"predictions of shape {table.shape}",
            expected="a fold per residual and a column of predictions per fold",
        )
    weights = _patient_weights(patients, scores.size)
    high = _upper_quantile(table[:, fold] + scores, weights, coverage)
    low = -_upper_quantile(-(table[:, fold] - scores), weights, coverage)
    return np.clip(low, *bounds), np.clip(high, *bounds)


def measure_coverage(observed: Array, low: Array, high: Array) -> float:
    """Return the share of observed values inside their intervals, ends included."""
    y = np.asarray(observed, dtype=np.float64)
    return float(((y >= np.asarray(low)) & (y <= np.asarray(high))).mean())


def _check_coverage(coverage: float) -> None:
    if not 0 < coverage < 1:
        raise SettingsError(f"a coverage of {coverage:g}", expected="a share between 0 and 1")


def _is_within(fold: npt.NDArray[np.int64], n_folds: int) -> bool:
    return bool(fold.min(initial=0) >= 0 and fold.max(initial=-1) < n_folds)


def _patient_weights(patients: Array | None, size: int) -> Floats:
    """Weight 1 / ((patients + 1) * scans of the patient); the new patient holds the rest."""
    cluster = code_clusters(patients, size)
    scans = np.bincount(cluster)
    return np.asarray(1.0 / ((scans.size + 1) * scans[cluster]))


def _upper_quantile(scores: Floats, weights: Floats, coverage: float) -> Floats:
    """Smallest score with cumulative weight of at least `coverage`; infinite when none has."""
    order = np.argsort(scores, axis=1)
    reached = np.cumsum(weights[order], axis=1) >= coverage - 1e-12
    first = np.argmax(reached, axis=1)
    values = np.take_along_axis(scores, order, axis=1)
    chosen = np.take_along_axis(values, first[:, None], axis=1)[:, 0]
    return np.where(reached.any(axis=1), chosen, np.inf)
