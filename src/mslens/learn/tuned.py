"""A regressor that tunes its settings by cross-validation over patients and is then refitted.

Every cell of the grid is judged by its mean squared error on the same folds; the forest is
tuned with fewer trees than it is fitted with.
"""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ParameterGrid
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.core.registry import choose_method
from mslens.core.rng import derive_seed, make_rng
from mslens.evaluate.folds import Fold, make_folds
from mslens.learn.regressors import ALGORITHMS, Cell, Context, Grid, build_regressor

Floats = npt.NDArray[np.float64]


class TunedRegressor(RegressorMixin, BaseEstimator):
    """One of the algorithms of `mslens.learn.regressors`, tuned.

    Parameters
    ----------
    algorithm : {"ridge", "gaussian-process", "support-vector", "random-forest"}
    n_folds : int
        Of the cross-validation that tunes.
    grid : mapping of str to sequence, optional
        In place of the algorithm's own.
    tune : bool
        Without it the grid must have one cell, which is used as it is.
    n_trees, n_trees_tuned : int
        Of the final forest and of those that are compared.
    n_restarts : int
        Further starts, at random, of the search for the Gaussian process' kernel.
    random_state : int

    Attributes
    ----------
    best_params_ : dict
    errors_ : ndarray, shape (cells,)
        Mean squared error of each cell of the grid, in the order of `cells_`.
    cells_ : list of dict
    out_of_fold_ : ndarray, shape (n,)
        Predictions of the best cell for the training rows, each by the fit that left its patient
        out; NaN when nothing was tuned.
    regressor_ : Pipeline
        Fitted on all rows.
    notes_ : tuple of str
        What the solvers warned of, each message once: a setting at its bound, no convergence.
    """

    def __init__(
        self,
        algorithm: str = "ridge",
        *,
        n_folds: int = 5,
        grid: Grid | None = None,
        tune: bool = True,
        n_trees: int = 500,
        n_trees_tuned: int = 100,
        n_restarts: int = 1,
        random_state: int = 0,
    ) -> None:
        self.algorithm = algorithm
        self.n_folds = n_folds
        self.grid = grid
        self.tune = tune
        self.n_trees = n_trees
        self.n_trees_tuned = n_trees_tuned
        self.n_restarts = n_restarts
        self.random_state = random_state

    def fit(self, X: Array, y: Array, groups: Array | None = None) -> Self:
        """Tune, then fit on all rows.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : array-like, shape (n,)
        groups : array-like, shape (n,), optional
            Patient of each row: the folds keep patients together.

        Raises
        ------
        InputError
            If there are more folds than patients, or a setting of the grid is not known.
        UnknownName
            If the algorithm is not known.
        """
        own = choose_method(ALGORITHMS, self.algorithm, stage="regression").grid
        unknown = set(self.grid or ()) ^ set(own if self.grid else ())
        if unknown:
            raise InputError(
                f"the grid of {self.algorithm} lacks or does not know {sorted(unknown)}",
                expected=f"the settings {sorted(own)}",
            )
        X, y = validate_data(
            self, X, y, dtype=(np.float64, np.float32), y_numeric=True, ensure_min_samples=2
        )
        y = np.asarray(y, dtype=np.float64)
        self.cells_ = list(ParameterGrid(dict(self.grid or own)))
        with warnings.catch_warnings(record=True) as caught:
            # Kept in `notes_`: a nested evaluation would repeat them hundreds of times.
            warnings.simplefilter("always", ConvergenceWarning)
            self._tune(X, y, groups)
            self.regressor_ = self._build(self.best_params_, X.shape[1], self.n_trees).fit(X, y)
        self.notes_ = tuple(sorted({str(entry.message) for entry in caught}))
        return self

    def predict(self, X: Array) -> Floats:
        """Predict with the fit on all rows.

        Parameters
        ----------
        X : array-like, shape (n, p)

        Returns
        -------
        ndarray, shape (n,), float64
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return np.asarray(self.regressor_.predict(X), dtype=np.float64)

    def with_fixed_settings(self) -> TunedRegressor:
        """Return an unfitted copy that uses the settings chosen here."""
        check_is_fitted(self)
        grid = {name: [value] for name, value in self.best_params_.items()} or None
        copy: TunedRegressor = clone(self).set_params(grid=grid, tune=False)
        return copy

    def _tune(self, X: Array, y: Floats, groups: Array | None) -> None:
        self.out_of_fold_ = np.full(len(y), np.nan)
        self.errors_ = np.full(len(self.cells_), np.nan)
        if not self.tune:
            if len(self.cells_) != 1:
                raise InputError(f"{len(self.cells_)} cells are not tuned", expected="one cell")
            self.best_params_: dict[str, Any] = dict(self.cells_[0])
            return
        rng = make_rng(self.random_state, "tuning folds")
        folds = make_folds(y, n_folds=self.n_folds, rng=rng, patients=groups)
        # The rows were checked once; checking them in each of hundreds of fits takes longer.
        with config_context(assume_finite=True, skip_parameter_validation=True):
            predicted = np.stack([self._predict_folds(X, y, folds, cell) for cell in self.cells_])
        self.errors_ = ((predicted - y) ** 2).mean(axis=1)
        best = int(np.argmin(self.errors_))
        self.best_params_, self.out_of_fold_ = dict(self.cells_[best]), predicted[best]

    def _predict_folds(self, X: Array, y: Floats, folds: list[Fold], cell: Cell) -> Floats:
        predicted = np.empty(len(y))
        for fold in folds:
            regressor = self._build(cell, X.shape[1], self.n_trees_tuned)
            regressor.fit(X[fold.train], y[fold.train])
            predicted[fold.test] = regressor.predict(X[fold.test])
        return predicted

    def _build(self, cell: Cell, n_columns: int, n_trees: int) -> Any:
        seed = derive_seed(self.random_state, self.algorithm)
        return build_regressor(
            self.algorithm, cell, Context(n_columns, seed, n_trees, self.n_restarts)
        )
