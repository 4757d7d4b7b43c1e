"""Intraclass correlations of many features at once: the six forms with F-based intervals.

From the two-way table of n subjects and k measurements come the mean squares between subjects
(MSR), between measurements (MSC), of the residual (MSE) and within subjects (MSW):

    ICC(1,1) = (MSR - MSW) / (MSR + (k-1) MSW)
    ICC(2,1) = (MSR - MSE) / (MSR + (k-1) MSE + k (MSC - MSE) / n)
    ICC(3,1) = (MSR - MSE) / (MSR + (k-1) MSE)

and the same for the mean of k measurements. Shrout and Fleiss 1979; the interval of ICC(2,.)
is Satterthwaite's, McGraw and Wong 1996.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from mslens.core.arrays import Array
from mslens.core.errors import InputError

#: One measurement of one rater, then the mean of k: one-way, two-way random, two-way mixed.
FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")

#: Features that are worked on together, so that memory stays small.
#: Relative size of a difference that is only rounding.
_ROUNDING = 1e-14
_BLOCK = 8192

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class IntraclassCorrelation:
    """Estimates, intervals and tests of the six forms.

    Parameters
    ----------
    estimate, lower, upper, f, p : ndarray, shape (6, ...), float64
        In the order of `FORMS`. NaN where a feature is not finite or does not vary at all.
    """

    estimate: Float64Array
    lower: Float64Array
    upper: Float64Array
    f: Float64Array
    p: Float64Array


@dataclass(frozen=True, eq=False)
class _MeanSquares:
    rows: Float64Array
    columns: Float64Array
    error: Float64Array
    within: Float64Array
    n: int
    k: int


def intraclass_correlation(
    values: Array, *, confidence: float = 0.95, intervals: bool = True
) -> IntraclassCorrelation:
    """Compute all six forms for every feature.

    Parameters
    ----------
    values : ndarray, shape (n_subjects, n_measurements, ...)
        Every further axis counts features.
    confidence : float
        Of the two-sided interval, between 0 and 1.
    intervals : bool
        Without them `lower` and `upper` are NaN, and the work is a fraction.

    Returns
    -------
    IntraclassCorrelation

    Raises
    ------
    InputError
        If there are fewer than two subjects or measurements, or the confidence is no share.
    """
    if values.ndim < 2 or values.shape[0] < 2 or values.shape[1] < 2:
        raise InputError(
            f"the measurements have shape {values.shape}",
            expected="at least two subjects (axis 0) and two measurements (axis 1)",
        )
    if not 0 < confidence < 1:
        raise InputError(f"the confidence is {confidence}", expected="a share between 0 and 1")
    n, k = values.shape[:2]
    flat = values.reshape(n, k, -1)
    found = np.full((5, 6, flat.shape[2]), np.nan)
    for start in range(0, flat.shape[2], _BLOCK):
        block = slice(start, start + _BLOCK)
        squares = _mean_squares(flat[:, :, block].astype(np.float64))
        found[0, :, block] = _estimate(squares)
        found[3:, :, block] = _test(squares)
        if intervals:
            found[1:3, :, block] = _interval(squares, confidence)
    shaped = found.reshape(5, 6, *values.shape[2:])
    return IntraclassCorrelation(*shaped)


def _mean_squares(values: Float64Array) -> _MeanSquares:
    n, k, _ = values.shape
    with np.errstate(invalid="ignore", over="ignore"):
        centred = values - values.mean(axis=(0, 1))
        between = centred.mean(axis=1)
        across = centred.mean(axis=0)
        rows = k * np.einsum("nf,nf->f", between, between)
        columns = n * np.einsum("kf,kf->f", across, across)
        inner = centred - between[:, None]
        within = np.einsum("nkf,nkf->f", inner, inner)
        inner -= across
        error = np.einsum("nkf,nkf->f", inner, inner)
        # What is only rounding counts as nothing, so that 0 / 0 stays undefined.
        floor = _ROUNDING**2 * (values * values).sum(axis=(0, 1))
        for squares in (rows, columns, within, error):
            squares[squares < floor] = 0.0
        flat = values.max(axis=(0, 1)) == values.min(axis=(0, 1))
        rows[flat | ~np.isfinite(rows)] = np.nan
    return _MeanSquares(
        rows / (n - 1),
        columns / (k - 1),
        error / ((n - 1) * (k - 1)),
        within / (n * (k - 1)),
        n,
        k,
    )


def _estimate(s: _MeanSquares) -> Float64Array:
    n, k = s.n, s.k
    with np.errstate(divide="ignore", invalid="ignore"):
        mixed = s.rows + (s.columns - s.error) / n
        undefined = np.abs(mixed) < _ROUNDING * (s.rows + s.columns + s.error)
        mixed = np.where(undefined, np.nan, mixed)
        return np.stack(
            [
                (s.rows - s.within) / (s.rows + (k - 1) * s.within),
                (s.rows - s.error) / (s.rows + (k - 1) * s.error + k * (s.columns - s.error) / n),
                (s.rows - s.error) / (s.rows + (k - 1) * s.error),
                (s.rows - s.within) / s.rows,
                (s.rows - s.error) / mixed,
                (s.rows - s.error) / s.rows,
            ]
        )


def _test(s: _MeanSquares) -> Float64Array:
    """F statistics and p values of the six forms, shape (2, 6, features)."""
    n, k = s.n, s.k
    with np.errstate(divide="ignore", invalid="ignore"):
        one_way, two_way = s.rows / s.within, s.rows / s.error
    p_one = special.fdtrc(n - 1, n * (k - 1), one_way)
    p_two = special.fdtrc(n - 1, (n - 1) * (k - 1), two_way)
    f = np.stack([one_way, two_way, two_way] * 2)
    return np.stack([f, np.stack([p_one, p_two, p_two] * 2)])


def _f_quantile(df1: Array | float, df2: Array | float, tail: float) -> Float64Array:
    """Return the F value with probability `tail` above it."""
    x = special.betaincinv(np.asarray(df2) / 2, np.asarray(df1) / 2, tail)
    with np.errstate(divide="ignore"):
        return np.asarray((1 - x) / x * df2 / df1)


def _interval(s: _MeanSquares, confidence: float) -> Float64Array:
    """Lower and upper limits, shape (2, 6, features)."""
    n, k, tail = s.n, s.k, (1 - confidence) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        one_way, two_way = s.rows / s.within, s.rows / s.error
    out = np.empty((2, 6, s.rows.size))
    for form, f, df2 in ((0, one_way, n * (k - 1)), (2, two_way, (n - 1) * (k - 1))):
        low = f / float(_f_quantile(n - 1, df2, tail))
        high = f * float(_f_quantile(df2, n - 1, tail))
        with np.errstate(divide="ignore", invalid="ignore"):
            for side, limit in enumerate((low, high)):
                infinite = np.isinf(limit)
                out[side, form] = np.where(infinite, 1.0, (limit - 1) / (limit + (k - 1)))
                out[side, form + 3] = 1 - 1 / limit
    out[:, 1] = _interval_two_way_random(s, tail)
    with np.errstate(divide="ignore", invalid="ignore"):
        out[:, 4] = out[:, 1] * k / (1 + out[:, 1] * (k - 1))
    return out


def _interval_two_way_random(s: _MeanSquares, tail: float) -> Float64Array:
    n, k = s.n, s.k
    rho = _estimate(s)[1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = s.columns / s.error
        common = n * (1 + (k - 1) * rho) - k * rho
        above = (k - 1) * (n - 1) * (k * rho * ratio + common) ** 2
        below = (n - 1) * k**2 * rho**2 * ratio**2 + common**2
        # Without residual variance the measurements' variance decides alone.
        freedom = np.where(s.error > 0, above / below, k - 1.0)
        f_low = _f_quantile(n - 1, freedom, tail)
        f_high = _f_quantile(freedom, n - 1, tail)
        noise = k * s.columns + (k * n - k - n) * s.error
        lower = n * (s.rows - f_low * s.error) / (f_low * noise + n * s.rows)
        upper = n * (f_high * s.rows - s.error) / (noise + n * f_high * s.rows)
    return np.stack([lower, upper])
