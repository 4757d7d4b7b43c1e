"""z scores of measures for what is expected at a person's age, sex and head size.

Least squares on the covariates in the training rows; a value becomes its distance from the
expectation in standard deviations of the training residuals. Fitted in the training fold only:
with the test rows in it, the expectation would know them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.learn.factors import check_columns

Floats = npt.NDArray[np.float64]


class CovariateZScore(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Replace columns by their z score given covariate columns.

    Parameters
    ----------
    covariate_columns : sequence of int
        E.g. age, sex as 0 / 1, total intracranial volume. Passed on as they are.
    adjusted_columns : sequence of int, optional
        By default every column that is no covariate. All others are passed on as they are.

    Attributes
    ----------
    coef_ : ndarray, shape (1 + covariates, adjusted), float64
        Intercept and slopes.
    residual_spread_ : ndarray, shape (adjusted,)
        Standard deviation of the residuals with their degrees of freedom; a column that the
        covariates explain wholly becomes 0.
    """

    def __init__(
        self,
        covariate_columns: Sequence[int] = (),
        adjusted_columns: Sequence[int] | None = None,
    ) -> None:
        self.covariate_columns = covariate_columns
        self.adjusted_columns = adjusted_columns

    def fit(self, X: Array, y: Array | None = None) -> Self:
        """Fit what is expected.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : ignored

        Raises
        ------
        InputError
            If a column does not exist or is both covariate and adjusted, or there are no more
            rows than coefficients.
        """
        X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self._covariates = check_columns(self.covariate_columns, X.shape[1])
        rest = np.setdiff1d(np.arange(X.shape[1]), self._covariates)
        chosen = rest if self.adjusted_columns is None else self.adjusted_columns
        self._adjusted = check_columns(chosen, X.shape[1])
        both = np.intersect1d(self._covariates, self._adjusted)
        if both.size:
            raise InputError(f"column {both[0]} is a covariate and adjusted", expected="one of it")
        design = self._design(X)
        df = X.shape[0] - design.shape[1]
        if df < 1:
            raise InputError(
                f"{X.shape[0]} row(s) for {design.shape[1]} coefficients",
                expected="more rows than covariates",
            )
        values = X[:, self._adjusted].astype(np.float64)
        self.coef_ = np.linalg.lstsq(design, values, rcond=None)[0]
        residual = values - design @ self.coef_
        spread = np.sqrt((residual**2).sum(axis=0) / df)
        negligible = spread <= 1e-9 * np.abs(values).max(axis=0, initial=0.0)
        self.residual_spread_ = np.where(negligible, 0.0, spread)
        return self

    def transform(self, X: Array) -> Array:
        """Give z scores.

        Parameters
        ----------
        X : array-like, shape (n, p)

        Returns
        -------
        ndarray, shape (n, p), of X's dtype
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        scored = X.copy()
        away = X[:, self._adjusted].astype(np.float64) - self._design(X) @ self.coef_
        scale = np.where(self.residual_spread_ > 0, self.residual_spread_, np.inf)
        scored[:, self._adjusted] = away / scale
        return scored

    def _design(self, X: Array) -> Floats:
        covariates = X[:, self._covariates].astype(np.float64)
        return np.column_stack([np.ones(X.shape[0]), covariates])
