"""Leave named columns out, as a step that knows nothing of the data.

E.g. head size: a covariate of other columns, not a predictor of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.learn.factors import check_columns


class ColumnChoice(SelectorMixin, BaseEstimator):
    """Keep every column but some.

    Parameters
    ----------
    left_out : sequence of int
        Column numbers.

    Attributes
    ----------
    support_ : ndarray of bool, shape (p,)
    """

    def __init__(self, left_out: Sequence[int] = ()) -> None:
        self.left_out = left_out

    def fit(self, X: Array, y: Array | None = None) -> Self:
        """Note which columns there are.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : ignored

        Raises
        ------
        InputError
            If a column does not exist.
        """
        X = validate_data(self, X, dtype=(np.float64, np.float32))
        self.support_ = np.ones(X.shape[1], dtype=bool)
        self.support_[check_columns(self.left_out, X.shape[1])] = False
        return self

    def _get_support_mask(self) -> npt.NDArray[np.bool_]:
        check_is_fitted(self)
        return np.asarray(self.support_)
