r"""Several regressors joined by non-negative weights on their out-of-fold predictions.

:math:`\hat y = b_0 + \sum_m w_m \hat y_m, w_m \ge 0`, with the weights that predict rows which
the regressors have not seen best (Breiman, Mach Learn 1996).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import optimize
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.core.rng import make_rng
from mslens.evaluate.folds import make_folds
from mslens.learn.funnel import fix_settings
from mslens.learn.regressors import ALGORITHMS
from mslens.learn.tuned import TunedRegressor

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StackWeights:
    """How predictions are joined.

    Parameters
    ----------
    intercept : float
    weights : ndarray, shape (models,), float64
        At least 0.
    """

    intercept: float
    weights: Floats

    def join(self, predictions: Array) -> Floats:
        """Join predictions, shape (n, models), into one, shape (n,)."""
        return np.asarray(predictions @ self.weights + self.intercept, dtype=np.float64)


def fit_stack(out_of_fold: Array, y: Array) -> StackWeights:
    """Find the non-negative weights of least squared error.

    Parameters
    ----------
    out_of_fold : ndarray, shape (n, models)
        Each row predicted by fits that have not seen its patient.
    y : ndarray, shape (n,)

    Returns
    -------
    StackWeights
        All weights are 0 and the mean is predicted when no model is of use.

    Raises
    ------
    InputError
        If a prediction is missing.
    """
    table, target = np.asarray(out_of_fold, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if not np.isfinite(table).all():
        raise InputError("a prediction is NaN", expected="every row predicted by every model")
    centre = table.mean(axis=0)
    weights = optimize.nnls(table - centre, target - target.mean())[0]
    return StackWeights(float(target.mean() - centre @ weights), weights)


class StackedRegressor(RegressorMixin, BaseEstimator):
    """Stack of regressors.

    Parameters
    ----------
    estimators : sequence of (str, regressor), optional
        By default the four tuned algorithms of `mslens.learn.regressors`.
    n_folds : int
        Of the out-of-fold predictions; settings that a regressor tunes are tuned once, on all
        rows of `fit`, and kept in the folds.
    random_state : int

    Attributes
    ----------
    estimators_ : list of (str, fitted regressor)
    weights_ : StackWeights
    out_of_fold_ : ndarray, shape (n, estimators)
    """

    def __init__(
        self,
        estimators: Sequence[tuple[str, BaseEstimator]] | None = None,
        *,
        n_folds: int = 5,
        random_state: int = 0,
    ) -> None:
        self.estimators = estimators
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: Array, y: Array, groups: Array | None = None) -> Self:
        """Fit the regressors and their weights.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : array-like, shape (n,)
        groups : array-like, shape (n,), optional
            Patient of each row: the folds keep patients together.

        Raises
        ------
        InputError
            If there are more folds than patients.
        """
        X, y = validate_data(
            self, X, y, dtype=(np.float64, np.float32), y_numeric=True, ensure_min_samples=2
        )
        y = np.asarray(y, dtype=np.float64)
        members = self.estimators
        if members is None:
            seed = self.random_state
            members = [(name, TunedRegressor(name, random_state=seed)) for name in ALGORITHMS]
        self.estimators_ = [
            (name, fit_grouped(clone(member), X, y, groups)) for name, member in members
        ]
        self.out_of_fold_ = np.empty((len(y), len(self.estimators_)))
        rng = make_rng(self.random_state, "stack folds")
        for fold in make_folds(y, n_folds=self.n_folds, rng=rng, patients=groups):
            inside = None if groups is None else np.asarray(groups)[fold.train]
            for place, (_, member) in enumerate(self.estimators_):
                fixed = fix_settings(member)
                fit_grouped(fixed, X[fold.train], y[fold.train], inside)
                self.out_of_fold_[fold.test, place] = fixed.predict(X[fold.test])
        self.weights_ = fit_stack(self.out_of_fold_, y)
        return self

    def predict(self, X: Array) -> Floats:
        """Predict with all regressors and join them.

        Parameters
        ----------
        X : array-like, shape (n, p)

        Returns
        -------
        ndarray, shape (n,), float64
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return self.weights_.join(
            np.column_stack([member.predict(X) for _, member in self.estimators_])
        )


def fit_grouped(
    estimator: BaseEstimator, X: Array, y: Array, groups: Array | None
) -> BaseEstimator:
    """Fit, passing the patients on to estimators that take them."""
    if groups is not None and has_fit_parameter(estimator, "groups"):
        return estimator.fit(X, y, groups=groups)
    return estimator.fit(X, y)
