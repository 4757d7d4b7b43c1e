r"""Columns as unit vectors, and which of them correlate above a threshold with earlier ones.

r of two columns is the dot product of their centred unit vectors, for each of the 8 thousand
million pairs of 125,580 columns. Most pairs are settled by few numbers: with h the coordinates on
the first k principal axes and q the length of what these leave,
:math:`|u \cdot v| \le |h_u \cdot h_v| + q_u q_v` (Cauchy and Schwarz). Only pairs whose bound
passes the threshold get their whole product, in float32, and pairs nearer to the threshold than
float32 can tell are computed again in float64. So the axes decide how long it takes, never what
is found.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.learn.columns import iterate_blocks, measure_columns

Singles = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.intp]
_EPSILON = 2.0**-23
#: Evenly spread columns that the axes, and their number, are found on.
_AXES_FROM, _JUDGED_ON = 8192, 512
_NUMBERS_OF_AXES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 256)
#: Cost of a product computed alone, in products of a matrix product.
_COST_ALONE = 6.0


class UnitColumns:
    """Columns in visiting order, centred and of norm 1, so that r is a dot product.

    Parameters
    ----------
    X : ndarray, shape (n, p), float32 or float64
    order : ndarray of int, shape (p,)
        Columns as visited; every position below counts in this order.
    threshold : float
    """

    def __init__(self, X: Array, order: Integers, *, threshold: float) -> None:
        self.X, self.order, self.threshold = X, order, threshold
        self.unit: Singles = np.empty((order.size, X.shape[0]), dtype=np.float32)
        mean, spread = measure_columns(X)
        norm = np.where(spread > 0, spread, np.inf) * np.sqrt(X.shape[0])
        for block in iterate_blocks(order.size):
            columns = order[block]
            self.unit[block] = ((X[:, columns] - mean[columns]) / norm[columns]).T
        # Bound of the rounding error of a float32 dot product of unit vectors.
        self.slack = float((X.shape[0] + 8) * _EPSILON)
        axes = self._find_axes()
        self.head: Singles = np.empty((order.size, axes.shape[1]), dtype=np.float32)
        self.rest: Singles = np.empty(order.size, dtype=np.float32)
        for block in iterate_blocks(order.size):
            self.head[block] = self.unit[block] @ axes
            self.rest[block] = self._measure_rest(self.unit[block], self.head[block])

    def exceeds(self, tested: Integers, earlier: Integers) -> Flags:
        """Say which of `tested` correlates above the threshold with one of `earlier`.

        Parameters
        ----------
        tested, earlier : ndarray of int
            Positions in visiting order.

        Returns
        -------
        ndarray of bool, shape = tested.shape
        """
        above = np.zeros(tested.size, dtype=bool)
        whole = np.ones(tested.size, dtype=bool)
        if self.head.shape[1] and tested.size:
            r = self.head[tested] @ self.head[earlier].T
            count = _count_open(r, self.rest[tested], self.rest[earlier], self._limit)
            whole = count * _COST_ALONE > earlier.size
            rows = np.flatnonzero((count > 0) & ~whole)
            near = np.zeros(tested.size, dtype=bool)
            above[rows], near[rows] = _compare_open(
                r[rows],
                self.unit,
                self.rest,
                tested[rows],
                earlier,
                (self._limit, self.threshold - self.slack, self.threshold + self.slack),
            )
            whole |= near & ~above
        rows = np.flatnonzero(whole)
        if rows.size:
            r = self.unit[tested[rows]] @ self.unit[earlier].T
            above[rows] = self.settle(r, tested[rows], earlier)
        return above

    def settle(self, r: Singles, tested: Integers, earlier: Integers) -> Flags:
        """Say which rows of whole products hold one above the threshold, with float64 in doubt.

        Parameters
        ----------
        r : ndarray, shape (tested, earlier)
            0 where a pair does not count.
        tested, earlier : ndarray of int
            Positions in visiting order.
        """
        peak = _peak_of_rows(r)
        above = peak > self.threshold + self.slack
        for row in np.flatnonzero(~above & (peak >= self.threshold - self.slack)):
            near = earlier[np.abs(r[row]) >= self.threshold - self.slack]
            above[row] = any(self.exact(tested[row], other) > self.threshold for other in near)
        return above

    def exact(self, first: int, second: int) -> float:
        """Return abs(r) of two columns in float64."""
        pair = self.X[:, self.order[[first, second]]].astype(np.float64)
        pair -= pair.mean(axis=0)
        return float(abs(pair[:, 0] @ pair[:, 1]) / np.sqrt((pair**2).sum(axis=0).prod()))

    @property
    def _limit(self) -> float:
        """Bound below which no pair is above the threshold."""
        return self.threshold - 4 * self.slack

    def _find_axes(self) -> Singles:
        """Find principal axes, as many as make the search cheapest; none where they do not pay."""
        n_columns, n_rows = self.unit.shape
        some = self.unit[:: -(-n_columns // _AXES_FROM)]
        axes = np.linalg.eigh((some.T @ some).astype(np.float64))[1][:, ::-1].astype(np.float32)
        judged = self.unit[:: -(-n_columns // _JUDGED_ON)]
        best, cheapest = 0, 0.8 * n_rows
        for number in (n for n in _NUMBERS_OF_AXES if n < n_rows):
            head = judged @ axes[:, :number]
            rest = self._measure_rest(judged, head)
            still_open = _count_open(head @ head.T, rest, rest, self._limit).mean() / len(judged)
            cost = number + min(_COST_ALONE * still_open, 1.0) * n_rows
            if cost < cheapest:
                best, cheapest = number, cost
        return np.ascontiguousarray(axes[:, :best])

    def _measure_rest(self, unit: Singles, head: Singles) -> Singles:
        """Length of what the axes leave of each vector, rounded upwards."""
        whole, part = ((v.astype(np.float64) ** 2).sum(axis=1) for v in (unit, head))
        return np.sqrt(np.maximum(whole - part, 0.0) + 4 * self.slack).astype(np.float32)


@kernel
def _peak_of_rows(r: Singles) -> Singles:
    """Largest absolute value of each row."""
    peaks = np.zeros(r.shape[0], dtype=np.float32)
    for i in range(r.shape[0]):
        low = np.float32(0)
        high = np.float32(0)
        for j in range(r.shape[1]):
            low = min(low, r[i, j])
            high = max(high, r[i, j])
        peaks[i] = max(high, -low)
    return peaks


@kernel
def _count_open(r: Singles, rest: Singles, rest_earlier: Singles, limit: float) -> Integers:
    """Count the pairs of each row that the axes do not rule out."""
    count = np.zeros(r.shape[0], dtype=np.int64)
    bound = np.float32(limit)
    for i in range(r.shape[0]):
        left = rest[i]
        found = np.int32(0)
        for j in range(r.shape[1]):
            found += np.int32(abs(r[i, j]) + left * rest_earlier[j] > bound)
        count[i] = found
    return count


@kernel
def _compare_open(
    r: Singles,
    unit: Singles,
    rest: Singles,
    tested: Integers,
    earlier: Integers,
    limits: tuple[float, float, float],
) -> tuple[Flags, Flags]:
    """Say which rows hold a pair surely above the threshold, and which one too near to tell."""
    bound, low, high = np.float32(limits[0]), limits[1], limits[2]
    above = np.zeros(tested.size, dtype=np.bool_)
    near = np.zeros(tested.size, dtype=np.bool_)
    rest_earlier = rest[earlier]
    for i in range(tested.size):
        vector, left = unit[tested[i]], rest[tested[i]]
        for j in range(earlier.size):
            if abs(r[i, j]) + left * rest_earlier[j] > bound:
                product = abs(np.dot(vector, unit[earlier[j]]))
                if product > high:
                    above[i] = True
                    break
                if product >= low:
                    near[i] = True
    return above, near
