"""Correlation-based feature selection, equal to Weka's `CfsSubsetEval` subset for subset.

Hall, PhD thesis, University of Waikato 1999; merit, search and the addition of locally
predictive columns as in Weka 3.8 for a numeric class without missing values.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError, SettingsError
from mslens.core.registry import choose_method
from mslens.learn.cfs_merit import SubsetMerit
from mslens.learn.subset_search import SEARCHES, add_locally_predictive


class CorrelationSubset(SelectorMixin, BaseEstimator):
    """Keep the subset of columns with the highest CFS merit.

    Parameters
    ----------
    merit : {"weka", "textbook"}
        Columns weighted by their standard deviation as in Weka, or not at all as in Hall's
        thesis. Both are the same on z-scored columns.
    search : {"best-first", "greedy-stepwise"}
    locally_predictive : bool
        Add columns that relate to the target more than to any selected column.

    Attributes
    ----------
    merit_ : float
        Of the subset found, before locally predictive columns were added.
    n_evaluated_ : int
        Subsets evaluated, as Weka counts them.
    support_ : ndarray of bool, shape (p,)
    """

    def __init__(
        self,
        *,
        merit: Literal["weka", "textbook"] = "weka",
        search: Literal["best-first", "greedy-stepwise"] = "best-first",
        locally_predictive: bool = True,
    ) -> None:
        self.merit = merit
        self.search = search
        self.locally_predictive = locally_predictive

    def fit(self, X: Array, y: Array) -> Self:
        """Search for the subset.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : array-like, shape (n,)
            Numeric.

        Raises
        ------
        InputError
            If no column is related to the target.
        SettingsError, UnknownName
            If the merit or the search is not known.
        """
        if self.merit not in ("weka", "textbook"):
            raise SettingsError(f"the merit '{self.merit}'", expected="'weka' or 'textbook'")
        search = choose_method(SEARCHES, self.search, stage="subset-search")
        X, y = validate_data(
            self, X, y, dtype=(np.float64, np.float32), y_numeric=True, ensure_min_samples=2
        )
        merit = SubsetMerit(X, y, weighted=self.merit == "weka")
        found = search(merit)
        if found.subset.size == 0:
            raise InputError(
                "no column is related to the target", expected="columns and a target that vary"
            )
        subset = found.subset
        if self.locally_predictive:
            subset = add_locally_predictive(merit, subset)
        self.merit_, self.n_evaluated_ = found.merit, found.n_evaluated
        self.support_ = np.zeros(X.shape[1], dtype=bool)
        self.support_[subset] = True
        return self

    def _get_support_mask(self) -> npt.NDArray[np.bool_]:
        check_is_fitted(self)
        return np.asarray(self.support_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags
