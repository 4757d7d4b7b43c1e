r"""Leave out columns that hardly vary within their own range.

The population variance of :math:`(x - \min) / (\max - \min)`, with the range of the training
rows: after z-scoring every column has variance 1, so a variance threshold means something only
after this scaling.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.learn.columns import iterate_blocks


class RangeScaledVariance(SelectorMixin, BaseEstimator):
    """Keep columns whose range-scaled variance reaches a threshold.

    Parameters
    ----------
    threshold : float
        Columns below it, and constant ones, are left out.

    Attributes
    ----------
    variances_ : ndarray, shape (p,), float64
        In [0, 0.25]; 0 for a constant column.
    """

    def __init__(self, threshold: float = 0.01) -> None:
        self.threshold = threshold

    def fit(self, X: Array, y: Array | None = None) -> Self:
        """Measure the columns.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : ignored

        Raises
        ------
        InputError
            If no column is left.
        """
        X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.variances_ = np.empty(X.shape[1])
        for columns in iterate_blocks(X.shape[1]):
            values = X[:, columns].astype(np.float64)
            low = values.min(axis=0)
            width = values.max(axis=0) - low
            scaled = (values - low) / np.where(width > 0, width, 1.0)
            self.variances_[columns] = np.where(width > 0, scaled.var(axis=0), 0.0)
        if not self._get_support_mask().any():
            raise InputError(
                f"none of {X.shape[1]} column(s) has a range-scaled variance of "
                f"{self.threshold:g} or more",
                expected="columns that vary",
                cure="Lower the threshold",
            )
        return self

    def _get_support_mask(self) -> npt.NDArray[np.bool_]:
        check_is_fitted(self)
        return (self.variances_ >= self.threshold) & (self.variances_ > 0)
