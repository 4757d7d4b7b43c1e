r"""Merit of a subset of columns: related to the target, unrelated to each other (CFS).

Weka, for a numeric class, weights every column by its standard deviation:
:math:`\sum_i s_i |r_{iy}| / \sqrt{\sum_i s_i^2 + 2 \sum_{i<j} s_i s_j |r_{ij}|}`. With all
:math:`s_i = 1` this is the form of Hall's thesis (Waikato 1999),
:math:`k \bar r_{cf} / \sqrt{k + k (k - 1) \bar r_{ff}}`. Correlations are kept in float32 and
sums run in column order, as in Weka, so that ties fall the same way.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.learn.columns import correlate_columns, measure_columns

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]


class SubsetMerit:
    """Merit of subsets of the columns of one table; correlations are computed when needed.

    Parameters
    ----------
    X : ndarray, shape (n, p)
    y : ndarray, shape (n,)
    weighted : bool
        Weka's weights, or all 1.
    """

    def __init__(self, X: Array, y: Array, *, weighted: bool) -> None:
        self.mean, spread = measure_columns(X)
        self.X: Floats = np.asarray(X, dtype=np.float64)
        self.constant = spread == 0
        self.with_target: Singles = np.abs(correlate_columns(X, y)).astype(np.float32)
        # Weka leaves the weight of a constant column at its initial value of 1.
        self.weight: Floats = (
            np.where(self.constant, 1.0, spread) if weighted else np.ones(X.shape[1])
        )
        self._norm = spread * np.sqrt(X.shape[0])
        self._rows: dict[int, Singles] = {}

    def correlations(self, column: int) -> Singles:
        """Return abs(r) of one column with all; 1 where a column is constant, as in Weka."""
        if column not in self._rows:
            values = self.X[:, column] - self.mean[column]
            r = np.ones(self.X.shape[1])
            if not self.constant[column]:
                product = np.abs(values @ self.X)
                usable = ~self.constant
                r[usable] = product[usable] / (self._norm[usable] * self._norm[column])
            self._rows[column] = np.minimum(r, 1.0).astype(np.float32)
        return self._rows[column]

    def of_extensions(self, subset: Integers, candidates: Integers) -> Floats:
        """Merit of a subset with each candidate added.

        Parameters
        ----------
        subset : ndarray of int, shape (k,)
            Ascending.
        candidates : ndarray of int, shape (c,)
            Not in the subset.

        Returns
        -------
        ndarray, shape (c,), float64
        """
        rows = np.empty((subset.size, self.X.shape[1]), dtype=np.float32)
        for place, column in enumerate(subset):
            rows[place] = self.correlations(int(column))
        return _extend(
            subset.astype(np.int64),
            candidates.astype(np.int64),
            self.weight,
            self.with_target,
            rows,
        )


@kernel
def _extend(
    subset: Integers, candidates: Integers, weight: Floats, with_target: Singles, rows: Singles
) -> Floats:
    size = subset.size + 1
    merit = np.zeros(candidates.size)
    member = np.empty(size, dtype=np.int64)
    # Row of `rows` that holds a member's correlations; -1 for the candidate.
    place = np.empty(size, dtype=np.int64)
    for c in range(candidates.size):
        candidate = candidates[c]
        at = 0
        while at < subset.size and subset[at] < candidate:
            member[at] = subset[at]
            place[at] = at
            at += 1
        member[at] = candidate
        place[at] = -1
        for i in range(at, subset.size):
            member[i + 1] = subset[i]
            place[i + 1] = i
        above = 0.0
        below = 0.0
        for i in range(size):
            above += weight[member[i]] * with_target[member[i]]
        for i in range(size):
            below += weight[member[i]] * weight[member[i]]
            for j in range(i):
                r = rows[place[i], member[j]] if place[i] >= 0 else rows[place[j], member[i]]
                below += 2.0 * weight[member[i]] * weight[member[j]] * r
        if below != 0.0:
            merit[c] = abs(above / np.sqrt(abs(below)))
    return merit
