"""Leave out columns that another column already says, without the matrix of all pairs.

Columns are visited in order (their own, or by descending priority). `triu` drops a column that
correlates above the threshold with ANY column visited before it, kept or not, as the upper
triangle of a correlation matrix is mostly used; `greedy` only with one that was KEPT. For
125,580 columns the matrix would take 126 GB: blocks of it are searched and thrown away, most of
them by a bound on few principal axes (`unit_columns`).
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.feature_selection import SelectorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from mslens.core.arrays import Array
from mslens.core.errors import InputError, SettingsError
from mslens.core.registry import choose_method
from mslens.learn.columns import iterate_blocks
from mslens.learn.unit_columns import UnitColumns

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.intp]
Method = Literal["triu", "greedy"]


class CollinearityFilter(SelectorMixin, BaseEstimator):
    """Drop columns that correlate with an earlier one.

    Parameters
    ----------
    threshold : float
        A pair with abs(r) above it is collinear.
    method : {"triu", "greedy"}
        Compare with any earlier column, or with the kept ones only.
    priority : array-like, shape (p,) or (p, keys), optional
        Columns are visited from the highest to the lowest; with several keys the first decides,
        later ones break ties; remaining ties in column order. E.g. ICC, then minus the cost.
    block_size : int
        Columns compared at once; bounds the memory.

    Attributes
    ----------
    support_ : ndarray of bool, shape (p,)
    order_ : ndarray of int, shape (p,)
        Columns as visited.
    """

    def __init__(
        self,
        threshold: float = 0.8,
        *,
        method: Method = "triu",
        priority: Array | None = None,
        block_size: int = 2048,
    ) -> None:
        self.threshold = threshold
        self.method = method
        self.priority = priority
        self.block_size = block_size

    def fit(self, X: Array, y: Array | None = None) -> Self:
        """Find the columns to keep.

        Parameters
        ----------
        X : array-like, shape (n, p)
            Constant columns are kept and drop nobody: their correlation is not defined.
        y : ignored

        Raises
        ------
        SettingsError
            If the threshold is outside (0, 1].
        InputError
            If the priorities do not fit the columns.
        UnknownName
            If the method is not known.
        """
        if not 0 < self.threshold <= 1:
            raise SettingsError(f"a threshold of {self.threshold:g}", expected="one in (0, 1]")
        find = choose_method(METHODS, self.method, stage="collinearity")
        X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        self.order_ = _visiting_order(self.priority, X.shape[1])
        kept = find(UnitColumns(X, self.order_, threshold=self.threshold), self.block_size)
        self.support_ = np.zeros(X.shape[1], dtype=bool)
        self.support_[self.order_[kept]] = True
        return self

    def _get_support_mask(self) -> Flags:
        check_is_fitted(self)
        return np.asarray(self.support_)


def _visiting_order(priority: Array | None, n_columns: int) -> Integers:
    if priority is None:
        return np.arange(n_columns)
    keys = np.asarray(priority, dtype=np.float64)
    keys = keys.reshape(keys.shape[0], -1) if keys.ndim else keys.reshape(0, 1)
    if keys.shape[0] != n_columns or np.isnan(keys).any():
        raise InputError(
            f"{keys.shape[0]} priorities for {n_columns} columns, "
            f"{int(np.isnan(keys).any(axis=1).sum())} of them NaN",
            expected="a number per column",
        )
    return np.lexsort((np.arange(n_columns), *(-keys[:, ::-1].T)))


def _find_triu(columns: UnitColumns, block_size: int) -> Integers:
    """Positions that correlate with no earlier position."""
    n_columns = columns.order.size
    kept = []
    for block in iterate_blocks(n_columns, block=block_size):
        alive = np.arange(block.start, block.stop)
        r = np.tril(columns.unit[block] @ columns.unit[block].T, -1)
        alive = alive[~columns.settle(r, alive, alive)]
        # Nearest blocks first: neighbours in a table are most alike, and a dropped column
        # need not be compared any further.
        for start in range(block.start - block_size, -1, -block_size):
            alive = alive[~columns.exceeds(alive, np.arange(start, start + block_size))]
        kept.append(alive)
    return np.concatenate(kept)


def _find_greedy(columns: UnitColumns, block_size: int) -> Integers:
    """Positions that correlate with no earlier position that is kept."""
    kept: list[Integers] = []
    for block in iterate_blocks(columns.order.size, block=block_size):
        alive = np.arange(block.start, block.stop)
        for earlier in kept:
            alive = alive[~columns.exceeds(alive, earlier)]
        kept.append(_keep_within(columns, alive))
    return np.concatenate(kept)


def _keep_within(columns: UnitColumns, alive: Integers) -> Integers:
    threshold = columns.threshold
    r = np.abs(columns.unit[alive] @ columns.unit[alive].T)
    above = r > threshold + columns.slack
    near = np.tril(np.abs(r - threshold) <= columns.slack, -1)
    for i, j in np.argwhere(near):
        above[i, j] = columns.exact(alive[i], alive[j]) > threshold
    keep = np.ones(alive.size, dtype=bool)
    for i in range(1, alive.size):
        keep[i] = not (above[i, :i] & keep[:i]).any()
    return alive[keep]


METHODS = {"triu": _find_triu, "greedy": _find_greedy}
