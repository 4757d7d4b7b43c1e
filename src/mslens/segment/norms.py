"""Volumes as z-scores for age, sex and head size: z = (y - x b) / s.

b and s come from a robust regression (Huber's M-estimator) on controls, or are given. There are
no norms inside the product: without controls or coefficients there are no z-scores. The spread s
is that of the controls' residuals; their number goes into the scores' uncertainty, not into z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm

from mslens.core.arrays import Array
from mslens.core.errors import TableError

#: Fewer controls than this per coefficient fit no norm.
CONTROLS_PER_TERM = 5


@dataclass(frozen=True)
class Norm:
    """Expected value of one measure.

    Parameters
    ----------
    terms : mapping of str to float
        Covariate to coefficient, ``"intercept"`` included.
    spread : float
        Standard deviation around the expected value, in units of the measure.
    n_controls : int or None
        None for given coefficients.
    """

    terms: Mapping[str, float]
    spread: float
    n_controls: int | None = None


def fit_norm(
    table: pd.DataFrame, measure: str, *, covariates: Sequence[str], controls: Array
) -> Norm:
    """Fit the norm of a measure on controls.

    Parameters
    ----------
    table : DataFrame
        One row per person; every covariate numeric (sex as 0 / 1).
    measure : str
        Column to be explained.
    covariates : sequence of str
    controls : ndarray of bool, shape (n,)
        The rows to fit; those with a missing value are left out.

    Returns
    -------
    Norm

    Raises
    ------
    TableError
        If a column is missing or constant, or there are too few controls.
    """
    names = [measure, *covariates]
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise TableError(f"the table has no column {', '.join(absent)}")
    chosen = table.loc[np.asarray(controls, dtype=bool), names].dropna()
    least = CONTROLS_PER_TERM * (len(covariates) + 1)
    if len(chosen) < least:
        raise TableError(
            f"{len(chosen)} controls have {measure} and every covariate",
            expected=f"at least {least}",
            cure="Leave out a covariate, or give coefficients",
        )
    constant = [name for name in covariates if chosen[name].nunique() < 2]
    if constant:
        raise TableError(
            f"{', '.join(constant)} is the same in all controls",
            cure="Leave out this covariate",
        )
    design = chosen[list(covariates)].to_numpy(dtype=float)
    centre, scale = design.mean(axis=0), design.std(axis=0)
    standard = np.column_stack([np.ones(len(design)), (design - centre) / scale])
    fit = sm.RLM(chosen[measure].to_numpy(dtype=float), standard, M=sm.robust.norms.HuberT()).fit()
    slopes = np.asarray(fit.params[1:]) / scale
    terms = {"intercept": float(fit.params[0] - slopes @ centre)}
    terms |= {name: float(slope) for name, slope in zip(covariates, slopes, strict=True)}
    return Norm(terms, float(fit.scale), len(chosen))


def score_norm(table: pd.DataFrame, measure: str, *, norm: Norm) -> npt.NDArray[np.float64]:
    """Express a measure as z-scores.

    Parameters
    ----------
    table : DataFrame
        One row per person.
    measure : str
    norm : Norm

    Returns
    -------
    ndarray, shape (n,), float64
        NaN where the measure or a covariate is missing.

    Raises
    ------
    TableError
        If a column is missing or the norm has no spread.
    """
    absent = [n for n in (measure, *norm.terms) if n != "intercept" and n not in table.columns]
    if absent:
        raise TableError(f"the table has no column {', '.join(absent)}")
    if not norm.spread > 0:
        raise TableError("the norm has no spread, so nothing can be scored by it")
    expected = np.full(len(table), float(norm.terms.get("intercept", 0.0)))
    for name, coefficient in norm.terms.items():
        if name != "intercept":
            expected = expected + coefficient * table[name].to_numpy(dtype=float)
    return np.asarray((table[measure].to_numpy(dtype=float) - expected) / norm.spread)
