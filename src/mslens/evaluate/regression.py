r"""How well numbers are predicted: association, agreement, error and calibration side by side.

Pearson's r and its square, Lin's concordance, the coefficient of determination
:math:`1 - SSE/SST` (which is not r squared and may be negative), mean absolute and root mean
square error, bias (predicted minus observed), and slope and intercept of observed on predicted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.bootstrap import BootstrapSettings, Interval, bootstrap_interval
from mslens.stats.concordance import measure_concordance
from mslens.stats.correlation import correlate
from mslens.stats.samples import require_same_length, take_sample

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RegressionScores:
    """One value per model, of the leading shape of the predictions.

    Parameters
    ----------
    r, r_squared, concordance, determination : ndarray
        NaN where the prediction (r) or the observation is constant.
    mean_absolute_error, root_mean_square_error, bias : ndarray
        In units of the target; bias is predicted minus observed.
    slope, intercept : ndarray
        Of observed = intercept + slope * predicted: 1 and 0 when calibrated.
    """

    r: Floats
    r_squared: Floats
    concordance: Floats
    determination: Floats
    mean_absolute_error: Floats
    root_mean_square_error: Floats
    bias: Floats
    slope: Floats
    intercept: Floats


def score_regression(observed: Array, predicted: Array) -> RegressionScores:
    """Score predictions of a number.

    Parameters
    ----------
    observed : array-like, shape (n,)
    predicted : array-like, shape (..., n)

    Returns
    -------
    RegressionScores

    Raises
    ------
    InputError
        If the lengths differ, there are fewer than two rows or a value is not finite.
    """
    y = take_sample(observed, name="the observed target", min_size=2)
    p = np.asarray(predicted, dtype=np.float64)
    if p.ndim < 1 or p.shape[-1] != y.size:
        raise InputError(
            f"predictions have shape {p.shape} for {y.size} observed values",
            expected="one prediction per observed value",
        )
    if not np.isfinite(p).all():
        raise InputError("a prediction is NaN or infinite", expected="finite predictions")
    values = {name: measure(y, p) for name, measure in METRICS.items()}
    return RegressionScores(**values)


def bootstrap_regression(
    observed: Array,
    predicted: Array,
    *,
    rng: np.random.Generator,
    patients: Array | None = None,
    settings: BootstrapSettings | None = None,
) -> dict[str, Interval]:
    """Give every score of one model its bootstrap interval, all from the same resamples.

    Parameters
    ----------
    observed, predicted : array-like, shape (n,)
    rng : numpy.random.Generator
    patients : array-like, shape (n,), optional
        Whole patients are resampled.
    settings : BootstrapSettings, optional

    Returns
    -------
    dict
        Field of `RegressionScores` -> Interval.

    Raises
    ------
    InputError
        As `score_regression` and `bootstrap_interval`.
    """
    y = take_sample(observed, name="the observed target", min_size=2)
    p = take_sample(predicted, name="the prediction", min_size=2)
    require_same_length(observed=y, predicted=p)
    seed = int(rng.integers(2**63))
    return {
        field.name: bootstrap_interval(
            METRICS[field.name],
            y,
            p,
            rng=np.random.default_rng(seed),
            clusters=patients,
            settings=settings,
        )
        for field in fields(RegressionScores)
    }


def _determination(y: Floats, p: Floats) -> Floats:
    total = ((y - y.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = 1.0 - ((y - p) ** 2).sum(axis=-1) / total
    return np.asarray(np.where(total > 0, explained, np.nan))


def _slope(y: Floats, p: Floats) -> Floats:
    centred = p - p.mean(axis=-1, keepdims=True)
    spread = (centred**2).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(spread > 0, (centred * y).sum(axis=-1) / spread, np.nan))


#: Score -> function of (observed, predicted) along the last axis.
METRICS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "r": correlate,
    "r_squared": lambda y, p: correlate(y, p) ** 2,
    "concordance": measure_concordance,
    "determination": _determination,
    "mean_absolute_error": lambda y, p: np.abs(y - p).mean(axis=-1),
    "root_mean_square_error": lambda y, p: np.sqrt(((y - p) ** 2).mean(axis=-1)),
    "bias": lambda y, p: (p - y).mean(axis=-1),
    "slope": _slope,
    "intercept": lambda y, p: y.mean(axis=-1) - _slope(y, p) * p.mean(axis=-1),
}
