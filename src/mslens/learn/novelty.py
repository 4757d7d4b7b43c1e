r"""Is a new subject like the training cohort? A model says little about somebody unlike it.

Squared Mahalanobis distance with the covariance shrunk after Ledoit & Wolf, J Multivar Anal
2004, compared with the distances of training subjects from fits that left them out: the share
of these that lie at least as far is a p value (Bates et al., Ann Stat 2023).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.covariance import LedoitWolf
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.rng import make_rng
from mslens.evaluate.folds import make_folds
from mslens.learn.columns import measure_columns

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Likeness:
    """How like the training cohort rows are.

    Parameters
    ----------
    p : ndarray, shape (n,)
        Share of the training subjects that lie at least as far from the others; small is unlike.
    outside : ndarray of bool, shape (n, p)
        Values outside the training range.
    """

    p: Floats
    outside: npt.NDArray[np.bool_]


class CohortLikeness(BaseEstimator):
    """Distance of subjects from the training cohort, in the columns that a model uses.

    Parameters
    ----------
    n_folds : int
        Folds from which the training subjects' own distances come.
    random_state : int

    Attributes
    ----------
    distances_ : ndarray, shape (n,)
        Squared distance of each training subject from the fit that left it out, ascending.
    low_, high_ : ndarray, shape (p,)
        Training range.
    """

    def __init__(self, n_folds: int = 5, *, random_state: int = 0) -> None:
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X: Array, y: Array | None = None) -> Self:
        """Learn what the cohort is like.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : ignored

        Raises
        ------
        InputError
            If there are fewer rows than folds.
        """
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        self._mean, spread = measure_columns(X)
        self._scale = np.where(spread > 0, spread, np.inf)
        scaled = self._standardise(X)
        self._shape = LedoitWolf().fit(scaled)
        rng = make_rng(self.random_state, "likeness folds")
        distances = np.empty(len(X))
        for fold in make_folds(rng.random(len(X)), n_folds=self.n_folds, rng=rng):
            apart = LedoitWolf().fit(scaled[fold.train])
            distances[fold.test] = apart.mahalanobis(scaled[fold.test])
        self.distances_ = np.sort(distances)
        self.low_, self.high_ = X.min(axis=0), X.max(axis=0)
        return self

    def compare(self, X: Array) -> Likeness:
        """Compare new subjects with the cohort.

        Parameters
        ----------
        X : array-like, shape (n, p)

        Returns
        -------
        Likeness
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        away = self._shape.mahalanobis(self._standardise(X))
        below = np.searchsorted(self.distances_, away, side="left")
        p = (self.distances_.size - below + 1) / (self.distances_.size + 1)
        return Likeness(np.asarray(p), (self.low_ > X) | (self.high_ < X))

    def _standardise(self, X: Array) -> Floats:
        return np.asarray((X - self._mean) / self._scale)
