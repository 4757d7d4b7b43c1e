"""LASSO with its own cross-validation, as a selector and as a regressor.

Columns are z-scored inside every training part (Tibshirani, JRSS B 1996); see `lasso_path`.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import SettingsError
from mslens.core.rng import make_rng
from mslens.evaluate.folds import make_folds
from mslens.learn.columns import correlate_columns, measure_columns
from mslens.learn.lasso_path import largest_alpha, solve_lasso, standardise, trace_lasso

Floats = npt.NDArray[np.float64]
#: Of the last fit; its coefficients are reported, those of the folds are not.
_FINAL_TOLERANCE = 1e-6


class LassoSelection(SelectorMixin, RegressorMixin, BaseEstimator):
    """LASSO at the penalty that predicts unseen rows best.

    Parameters
    ----------
    rule : {"min", "1se"}
        Penalty of the smallest cross-validated error, or the largest within one standard error.
    n_folds, n_alphas : int
    smallest_share : float
        Last alpha of the path as a share of the first.
    min_features : int
        Where fewer coefficients are left, `transform` keeps the columns that correlate most
        with the target instead, so that a chain on a null target still has a column.
    alpha : float, optional
        A penalty to use as it is; nothing is cross-validated then.
    random_state : int
        Draws the folds.

    Attributes
    ----------
    alpha_ : float
    alphas_, squared_error_ : ndarray
        The path and its cross-validated errors, shapes (m,) and (m, folds).
    coef_ : ndarray, shape (p,), float64
        In units of the target per unit of the column; 0 where shrunk away.
    intercept_ : float
    n_unconverged_ : int
        Fits on the path that did not reach the tolerance.
    """

    def __init__(
        self,
        *,
        rule: Literal["min", "1se"] = "min",
        n_folds: int = 5,
        n_alphas: int = 100,
        smallest_share: float = 1e-3,
        min_features: int = 1,
        alpha: float | None = None,
        random_state: int = 0,
    ) -> None:
        self.rule = rule
        self.n_folds = n_folds
        self.n_alphas = n_alphas
        self.smallest_share = smallest_share
        self.min_features = min_features
        self.alpha = alpha
        self.random_state = random_state

    def fit(self, X: Array, y: Array, groups: Array | None = None) -> Self:
        """Choose the penalty and fit at it.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : array-like, shape (n,)
        groups : array-like, shape (n,), optional
            Patient of each row: the folds keep patients together.

        Raises
        ------
        InputError
            If there are more folds than patients, or the target or every column is constant.
        SettingsError
            If the rule is not known.
        """
        if self.rule not in ("min", "1se"):
            raise SettingsError(f"the rule '{self.rule}'", expected="'min' or '1se'")
        X, y = validate_data(
            self, X, y, dtype=(np.float64, np.float32), y_numeric=True, ensure_min_samples=2
        )
        y = np.asarray(y, dtype=np.float64)
        if self.alpha is None:
            self._fit_at(X, y, self._choose(X, y, groups))
        else:
            self.alpha_, self.n_unconverged_ = float(self.alpha), 0
            self.alphas_, self.squared_error_ = np.empty(0), np.empty((0, 0))
            largest = max(largest_alpha(X, y), self.alpha)
            self._fit_at(X, y, np.geomspace(largest, self.alpha, 6))
        return self

    def with_fixed_settings(self) -> LassoSelection:
        """Return an unfitted copy that uses the penalty chosen here."""
        check_is_fitted(self)
        copy: LassoSelection = clone(self).set_params(alpha=self.alpha_)
        return copy

    def _choose(self, X: Array, y: Floats, groups: Array | None) -> Floats:
        """Choose the penalty; return the path down to it."""
        rng = make_rng(self.random_state, "lasso folds")
        folds = make_folds(y, n_folds=self.n_folds, rng=rng, patients=groups)
        path = trace_lasso(
            X, y, folds=folds, n_alphas=self.n_alphas, smallest_share=self.smallest_share
        )
        chosen = path.choose(rule=self.rule)
        self.alphas_, self.squared_error_ = path.alphas, path.squared_error
        self.alpha_ = float(path.alphas[chosen])
        self.n_unconverged_ = path.n_unconverged
        return path.alphas[: chosen + 1]

    def _fit_at(self, X: Array, y: Floats, alphas: Floats) -> None:
        mean, spread = measure_columns(X)
        scaled = standardise(X, np.arange(len(y)), mean, spread)
        # A few alphas on the way down warm the last fit up.
        warm = alphas[:: max(1, len(alphas) // 5)]
        way = np.unique(np.r_[warm, alphas[-1]])[::-1]
        found, unconverged = solve_lasso(
            scaled, y - y.mean(), alphas=way, tolerance=_FINAL_TOLERANCE
        )
        self.n_unconverged_ += unconverged
        self.coef_ = np.asarray(found[:, -1] / np.where(spread > 0, spread, 1.0))
        self.intercept_ = float(y.mean() - mean @ self.coef_)
        self.support_ = self.coef_ != 0
        wanted = min(self.min_features, X.shape[1])
        if self.support_.sum() < wanted:
            strength = np.abs(correlate_columns(X, y))
            self.support_ = np.zeros(X.shape[1], dtype=bool)
            self.support_[np.argsort(-strength, kind="stable")[:wanted]] = True

    def predict(self, X: Array) -> Floats:
        """Predict with the coefficients at the chosen penalty.

        Parameters
        ----------
        X : array-like, shape (n, p)

        Returns
        -------
        ndarray, shape (n,), float64
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        active = np.flatnonzero(self.coef_)
        return np.asarray(X[:, active].astype(np.float64) @ self.coef_[active] + self.intercept_)

    def _get_support_mask(self) -> npt.NDArray[np.bool_]:
        check_is_fitted(self)
        return np.asarray(self.support_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
