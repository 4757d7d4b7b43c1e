r"""One-way repeated-measures ANOVA: k methods on the same subjects.

:math:`F = MS_{method} / MS_{error}`, with the degrees of freedom times the Greenhouse-Geisser
epsilon :math:`\mathrm{tr}(C)^2 / ((k-1) \sum C_{ij}^2)` of the double-centred covariance C
(Greenhouse & Geisser, Psychometrika 1959), and partial
:math:`\eta^2 = SS_{method} / (SS_{method} + SS_{error})`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RepeatedMeasures:
    """Result of one ANOVA, or of many at once; each field has the leading shape of the input.

    Parameters
    ----------
    f, p : ndarray of float
        F and its p without correction for sphericity.
    df_effect, df_error : int
        Uncorrected degrees of freedom.
    epsilon : ndarray of float
        Greenhouse-Geisser, in [1 / (k - 1), 1].
    p_corrected : ndarray of float
        p with both degrees of freedom times epsilon.
    partial_eta_squared : ndarray of float
    """

    f: Floats
    df_effect: int
    df_error: int
    p: Floats
    epsilon: Floats
    p_corrected: Floats
    partial_eta_squared: Floats


def analyse_repeated_measures(values: Array) -> RepeatedMeasures:
    """Test whether the methods have the same mean.

    Parameters
    ----------
    values : array-like, shape (..., n, k)
        n subjects measured with k methods, e.g. absolute errors of k models.

    Returns
    -------
    RepeatedMeasures
        Where the methods agree in every subject, F is NaN.

    Raises
    ------
    InputError
        If there are fewer than two subjects or methods, or a value is not finite.
    """
    table = check_repeated(values)
    n, k = table.shape[-2:]
    grand = table.mean(axis=(-2, -1), keepdims=True)
    by_method = table.mean(axis=-2, keepdims=True)
    by_subject = table.mean(axis=-1, keepdims=True)
    effect = n * ((by_method - grand) ** 2).sum(axis=(-2, -1))
    residual = table - by_method - by_subject + grand
    error = (residual**2).sum(axis=(-2, -1))
    df_effect, df_error = k - 1, (k - 1) * (n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.asarray((effect / df_effect) / (error / df_error))
        eta = np.asarray(effect / (effect + error))
    epsilon = _greenhouse_geisser(residual)
    return RepeatedMeasures(
        f=f,
        df_effect=df_effect,
        df_error=df_error,
        p=stats.f.sf(f, df_effect, df_error),
        epsilon=epsilon,
        p_corrected=stats.f.sf(f, epsilon * df_effect, epsilon * df_error),
        partial_eta_squared=eta,
    )


def check_repeated(values: Array) -> Floats:
    """Return a finite (..., n, k) table of at least two subjects and two methods."""
    table = np.asarray(values, dtype=np.float64)
    if table.ndim < 2 or table.shape[-2] < 2 or table.shape[-1] < 2:
        raise InputError(
            f"the repeated measures have shape {table.shape}",
            expected="at least two subjects (rows) and two methods (columns)",
        )
    if not np.isfinite(table).all():
        count = int((~np.isfinite(table)).any(axis=-1).sum())
        raise InputError(
            f"{count} subject(s) have a value that is NaN or infinite",
            cure="Leave incomplete subjects out and say how many they are",
        )
    return table


def _greenhouse_geisser(residual: Floats) -> Floats:
    """Epsilon from doubly centred values, whose covariance is the double-centred covariance."""
    k = residual.shape[-1]
    covariance = np.swapaxes(residual, -2, -1) @ residual
    trace = np.trace(covariance, axis1=-2, axis2=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        epsilon = trace**2 / ((k - 1) * (covariance**2).sum(axis=(-2, -1)))
    return np.asarray(np.clip(epsilon, 1.0 / (k - 1), 1.0))
