r"""Do predictions mean what they say? Calibration of numbers and of probabilities.

Numbers: slope and intercept of observed on predicted, and the observed mean in bins of the
prediction. Probabilities: slope and intercept of logistic regression on the logit
(Cox, Biometrika 1958), calibration in the large (intercept with slope 1) and the expected
calibration error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.evaluate.classification import check_probabilities
from mslens.stats.samples import require_same_length, take_sample

Floats = npt.NDArray[np.float64]
_MAX_NEWTON_STEPS = 100


@dataclass(frozen=True, eq=False)
class CalibrationBins:
    """Predictions in bins of equal size.

    Parameters
    ----------
    predicted, observed : ndarray, shape (bins,)
        Means in each bin.
    standard_error : ndarray, shape (bins,)
        Of the observed mean.
    count : ndarray of int, shape (bins,)
    """

    predicted: Floats
    observed: Floats
    standard_error: Floats
    count: npt.NDArray[np.int64]


@dataclass(frozen=True)
class ProbabilityCalibration:
    """Calibration of probabilities.

    Parameters
    ----------
    slope, intercept : float
        1 and 0 when calibrated; NaN when the classes are separated perfectly.
    in_the_large : float
        Intercept with the slope held at 1: above 0 when risks are underestimated.
    expected_error : float
        Mean distance of predicted and observed share over bins of equal size.
    """

    slope: float
    intercept: float
    in_the_large: float
    expected_error: float


def bin_predictions(observed: Array, predicted: Array, *, n_bins: int = 10) -> CalibrationBins:
    """Average predictions and observations in bins of equal size.

    Parameters
    ----------
    observed, predicted : array-like, shape (n,)
    n_bins : int
        Fewer where there are fewer distinct predictions: equal predictions share a bin.

    Raises
    ------
    InputError
        If the lengths differ, a sample is empty or a value is not finite.
    """
    y = take_sample(observed, name="the observed target", min_size=1)
    p = take_sample(predicted, name="the prediction", min_size=1)
    require_same_length(observed=y, predicted=p)
    edges = np.unique(np.quantile(p, np.linspace(0, 1, n_bins + 1)[1:-1]))
    place = np.searchsorted(edges, p, side="right")
    kept, place = np.unique(place, return_inverse=True)
    count = np.bincount(place, minlength=kept.size)
    mean = np.bincount(place, weights=y) / count
    spread = np.bincount(place, weights=(y - mean[place]) ** 2) / np.maximum(count - 1, 1)
    return CalibrationBins(
        np.bincount(place, weights=p) / count, mean, np.sqrt(spread / count), count
    )


def calibrate_probabilities(
    is_positive: Array, probability: Array, *, n_bins: int = 10
) -> ProbabilityCalibration:
    """Measure the calibration of predicted probabilities.

    Parameters
    ----------
    is_positive : array-like of bool, shape (n,)
    probability : array-like, shape (n,)
        Probabilities of 0 and 1 count as 1e-6 away from them.
    n_bins : int

    Returns
    -------
    ProbabilityCalibration

    Raises
    ------
    InputError
        If a class is empty, the shapes differ or a probability is outside [0, 1].
    """
    truth, p = check_probabilities(is_positive, probability)
    if truth.all() or not truth.any():
        raise InputError("one class is empty", expected="both classes")
    clipped = np.clip(p, 1e-6, 1 - 1e-6)
    logit = np.log(clipped / (1 - clipped))
    ones = np.ones((truth.size, 1))
    bins = bin_predictions(truth.astype(np.float64), p, n_bins=n_bins)
    intercept, slope = np.nan, np.nan
    if not _separates(logit, truth):
        intercept, slope = _logistic(np.column_stack([ones, logit]), truth, np.zeros(truth.size))
    return ProbabilityCalibration(
        slope=float(slope),
        intercept=float(intercept),
        in_the_large=float(_logistic(ones, truth, logit)[0]),
        expected_error=float(
            (np.abs(bins.predicted - bins.observed) * bins.count).sum() / truth.size
        ),
    )


def _separates(logit: Floats, truth: npt.NDArray[np.bool_]) -> bool:
    high, low = logit[truth], logit[~truth]
    return bool(high.min() >= low.max() or high.max() <= low.min())


def _logistic(design: Floats, truth: npt.NDArray[np.bool_], offset: Floats) -> Floats:
    """Fit logistic regression by Newton's method with step halving."""
    beta = np.zeros(design.shape[1])
    loss = _deviance(design @ beta + offset, truth)
    for _ in range(_MAX_NEWTON_STEPS):
        p = 1.0 / (1.0 + np.exp(-(design @ beta + offset)))
        weight = np.maximum(p * (1 - p), 1e-12)
        hessian = design.T @ (design * weight[:, None])
        step = np.linalg.lstsq(hessian, design.T @ (truth - p), rcond=None)[0]
        while (new := _deviance(design @ (beta + step) + offset, truth)) > loss + 1e-12:
            step = step / 2
        beta, gain, loss = beta + step, loss - new, new
        if gain < 1e-12:
            break
    return np.asarray(beta, dtype=np.float64)


def _deviance(eta: Floats, truth: npt.NDArray[np.bool_]) -> float:
    return float((np.logaddexp(0.0, eta) - truth * eta).mean())
