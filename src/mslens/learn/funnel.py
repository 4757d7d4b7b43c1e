"""A chain of selectors that remembers how many columns each of them left.

Selectors see only the columns that are left, and the wide table is never copied whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone
from sklearn.feature_selection import SelectorMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, has_fit_parameter, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import SettingsError
from mslens.learn.collinearity import CollinearityFilter
from mslens.learn.variance import RangeScaledVariance


class SelectionFunnel(SelectorMixin, BaseEstimator):
    """Selectors applied one after another.

    Parameters
    ----------
    selectors : sequence of (str, selector), optional
        By default range-scaled variance and collinearity, neither of which uses the target.
    priority : array-like, shape (p,) or (p, keys), optional
        Of the columns of the whole table; given to every selector that has a `priority`.

    Attributes
    ----------
    counts_ : dict
        Step -> columns left after it; "all" first.
    selectors_ : list of (str, fitted selector)
    support_ : ndarray of bool, shape (p,)
    """

    def __init__(
        self,
        selectors: Sequence[tuple[str, BaseEstimator]] | None = None,
        *,
        priority: Array | None = None,
    ) -> None:
        self.selectors = selectors
        self.priority = priority

    def fit(self, X: Array, y: Array | None = None, groups: Array | None = None) -> Self:
        """Fit the selectors in order.

        Parameters
        ----------
        X : array-like, shape (n, p)
        y : array-like, shape (n,), optional
            Needed when a selector uses the target.
        groups : array-like, shape (n,), optional
            Patient of each row, for selectors that cross-validate.

        Raises
        ------
        SettingsError
            If a name stands twice.
        InputError
            What the selectors raise.
        """
        chain = list(self.selectors) if self.selectors is not None else default_selectors()
        names = [name for name, _ in chain]
        if len(set(names)) < len(names):
            raise SettingsError(f"the selectors are called {names}", expected="different names")
        if y is None:
            X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        else:
            X, y = validate_data(
                self, X, y, dtype=(np.float64, np.float32), y_numeric=True, ensure_min_samples=2
            )
        left, part = np.arange(X.shape[1]), X
        self.counts_, self.selectors_ = {"all": left.size}, []
        for name, selector in chain:
            fitted = self._with_priority(clone(selector), left)
            grouped = groups is not None and has_fit_parameter(fitted, "groups")
            fitted.fit(part, y, **({"groups": groups} if grouped else {}))
            kept = fitted.get_support()
            if not kept.all():
                left, part = left[kept], part[:, kept]
            self.counts_[name] = left.size
            self.selectors_.append((name, fitted))
        self.support_ = np.zeros(X.shape[1], dtype=bool)
        self.support_[left] = True
        return self

    def with_fixed_settings(self) -> SelectionFunnel:
        """Return an unfitted copy in which the selectors use the settings chosen here."""
        check_is_fitted(self)
        fixed = [(name, fix_settings(selector)) for name, selector in self.selectors_]
        return SelectionFunnel(fixed, priority=self.priority)

    def _with_priority(self, selector: BaseEstimator, left: npt.NDArray[np.intp]) -> BaseEstimator:
        if self.priority is None or "priority" not in selector.get_params():
            return selector
        return selector.set_params(priority=np.asarray(self.priority)[left])

    def _get_support_mask(self) -> npt.NDArray[np.bool_]:
        check_is_fitted(self)
        return np.asarray(self.support_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = any(
            selector.__sklearn_tags__().target_tags.required for _, selector in self.selectors or ()
        )
        return tags


def fix_settings(fitted: BaseEstimator) -> BaseEstimator:
    """Return an unfitted copy of an estimator with the settings that its fit has chosen."""
    if hasattr(fitted, "with_fixed_settings"):
        return fitted.with_fixed_settings()
    return clone(fitted)


def default_selectors() -> list[tuple[str, BaseEstimator]]:
    """Selectors of Pontillo 2021 that do not use the target."""
    return [("variance", RangeScaledVariance()), ("collinearity", CollinearityFilter())]
