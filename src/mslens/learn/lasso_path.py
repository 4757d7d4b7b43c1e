r"""Cross-validated LASSO path: which penalty predicts rows that the fit has not seen.

:math:`\min_b \frac{1}{2n} \|y - Xb\|^2 + \alpha \|b\|_1` on columns z-scored in each training
part, alphas from the smallest that shrinks everything to zero downwards (Friedman et al., J Stat
Softw 2010). Solved by celer (Massias et al., JMLR 2020) on the columns that matter, with a check
that no other column does; celer's own cross-validation is not used. The path stops early once the
mean error has risen by one standard error: the small alphas that are left cost most and only
overfit more.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.evaluate.folds import Fold
from mslens.learn.columns import correlate_columns, iterate_blocks, measure_columns

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
#: Alphas solved at a time, and before the error is looked at.
_CHUNK = 10
_MAX_SWEEPS = 50
#: Columns that a solution is looked for among at first; any other that it needs joins them.
_WORKING = 1024
_MAX_ROUNDS = 30


@dataclass(frozen=True, eq=False)
class LassoPath:
    """Errors along the path.

    Parameters
    ----------
    alphas : ndarray, shape (m,), float64
        Descending; shorter than asked for when the path was stopped early.
    squared_error : ndarray, shape (m, folds)
        Mean squared error on each fold's judged rows.
    n_unconverged : int
        Fits that did not reach the tolerance.
    """

    alphas: Floats
    squared_error: Floats
    n_unconverged: int

    def choose(self, *, rule: str) -> int:
        """Return the place of the chosen alpha.

        Parameters
        ----------
        rule : {"min", "1se"}
            Smallest mean error, or the largest alpha within one standard error of it.
        """
        mean = self.squared_error.mean(axis=1)
        best = int(np.argmin(mean))
        if rule == "min":
            return best
        reach = mean[best] + _standard_error(self.squared_error)[best]
        return int(np.flatnonzero(mean <= reach)[0])


def trace_lasso(
    X: Array,
    y: Array,
    *,
    folds: Sequence[Fold],
    n_alphas: int = 100,
    smallest_share: float = 1e-3,
    tolerance: float = 1e-4,
) -> LassoPath:
    """Solve the path in every fold.

    Parameters
    ----------
    X : ndarray, shape (n, p), float32 or float64
        Solved in this precision.
    y : ndarray, shape (n,)
    folds : sequence of Fold
    n_alphas : int
    smallest_share : float
        Last alpha as a share of the first.
    tolerance : float
        Duality gap relative to the target's sum of squares.

    Returns
    -------
    LassoPath

    Raises
    ------
    InputError
        If no column is related to the target, which then has no path.
    """
    largest = largest_alpha(X, y)
    if largest <= 0:
        raise InputError(
            "the target or every column is constant", expected="columns and a target that vary"
        )
    alphas = np.geomspace(largest, largest * smallest_share, n_alphas)
    parts = [_Part.of(X, y, fold) for fold in folds]
    errors = np.full((n_alphas, len(parts)), np.nan)
    for start in range(0, n_alphas, _CHUNK):
        chunk = slice(start, start + _CHUNK)
        for number, part in enumerate(parts):
            errors[chunk, number] = part.advance(alphas[chunk], tolerance)
        done = errors[: start + _CHUNK]
        mean, best = done.mean(axis=1), int(np.argmin(done.mean(axis=1)))
        if mean[start:].min() > mean[best] + _standard_error(done)[best]:
            break
    done = ~np.isnan(errors[:, 0])
    return LassoPath(alphas[done], errors[done], sum(part.n_unconverged for part in parts))


def largest_alpha(X: Array, y: Array) -> float:
    """Smallest alpha at which every coefficient of z-scored columns is zero."""
    return float(np.abs(correlate_columns(X, y)).max() * np.std(np.asarray(y, dtype=np.float64)))


def solve_lasso(
    X: Array, y: Array, *, alphas: Floats, tolerance: float, start: Array | None = None
) -> tuple[Floats, int]:
    r"""Solve LASSO for descending alphas on columns that are already z-scored.

    A column whose slope :math:`|x_j^\top (y - X b)| / n` is at most alpha has no coefficient. So
    the problem is solved on the columns of the steepest slopes, the slopes of all the others are
    looked at with the solution, and those above alpha join until there is none.

    Parameters
    ----------
    X : ndarray, shape (n, p), float32 or float64, Fortran order
        The slopes are computed in this precision, the solution in float64.
    y : ndarray, shape (n,)
        Centred.
    alphas : ndarray, shape (m,)
    tolerance : float
    start : ndarray, shape (p,), optional
        Coefficients to start from.

    Returns
    -------
    coefficients : ndarray, shape (p, m), float64
    n_unconverged : int
        Alphas at which the tolerance was not reached, or a column outside was still needed.
    """
    at = np.zeros(X.shape[1]) if start is None else np.asarray(start, dtype=np.float64)
    found, n_unconverged = [], 0
    for first in range(0, alphas.size, _CHUNK):
        coefficients, is_short = _solve_chunk(X, y, alphas[first : first + _CHUNK], tolerance, at)
        at = coefficients[:, -1]
        found.append(coefficients)
        n_unconverged += int(is_short.sum())
    return np.hstack(found), n_unconverged


def _solve_chunk(
    X: Array, y: Array, alphas: Floats, tolerance: float, start: Floats
) -> tuple[Floats, Flags]:
    """Solve for alphas that are near each other, and so need much the same columns."""
    coefficients = np.zeros((X.shape[1], alphas.size))
    slopes = _slopes(X, y, start[:, None])[:, 0]
    slopes[start != 0] = np.inf
    steepest = min(_WORKING + int((start != 0).sum()), slopes.size)
    working = np.sort(np.argpartition(-slopes, steepest - 1)[:steepest])
    for _ in range(_MAX_ROUNDS):
        found, is_short = _solve_whole(
            np.asfortranarray(X[:, working], dtype=np.float64), y, alphas, tolerance, start[working]
        )
        coefficients[working] = found
        needed = _slopes(X, y, coefficients) > alphas
        needed[working] = False
        joining = np.flatnonzero(needed.any(axis=1))
        if not joining.size:
            break
        working = np.sort(np.concatenate([working, joining]))
    return coefficients, is_short | needed.any(axis=0)


def _slopes(X: Array, y: Array, coefficients: Floats) -> Array:
    active = np.flatnonzero((coefficients != 0).any(axis=1))
    residual = y[:, None] - X[:, active].astype(np.float64) @ coefficients[active]
    return np.abs(X.T @ residual.astype(X.dtype)) / X.dtype.type(len(y))


def _solve_whole(
    X: Floats, y: Array, alphas: Floats, tolerance: float, start: Floats
) -> tuple[Floats, Flags]:
    """Solve on all columns given; return coefficients, and where the tolerance was not reached."""
    from celer import celer_path

    with warnings.catch_warnings():
        # Counted by the duality gaps, not silenced.
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, coefficients, gaps = celer_path(
            X,
            np.ascontiguousarray(y, dtype=np.float64),
            "lasso",
            alphas=alphas,
            coef_init=start,
            tol=tolerance,
            prune=1,
            max_iter=_MAX_SWEEPS,
        )[:3]
    limit = tolerance * float(np.dot(y, y)) / len(y)
    return coefficients, np.asarray(gaps) > 1.01 * limit


def standardise(X: Array, rows: npt.NDArray[np.intp], mean: Floats, spread: Floats) -> Array:
    """Copy rows z-scored, in Fortran order; a constant column becomes 0."""
    scaled = np.empty((rows.size, X.shape[1]), dtype=X.dtype, order="F")
    scale = np.where(spread > 0, spread, np.inf)
    for columns in iterate_blocks(X.shape[1], block=256):
        # A block that stays in the cache is turned to Fortran order there.
        scaled[:, columns] = (X[:, columns][rows] - mean[columns]) / scale[columns]
    return scaled


@dataclass
class _Part:
    """One fold on its way down the path."""

    X: Array
    y: Array
    fold: Fold
    scaled: Array
    mean: Floats
    spread: Floats
    coefficients: Array | None = None
    n_unconverged: int = 0

    @classmethod
    def of(cls, X: Array, y: Array, fold: Fold) -> _Part:
        mean, spread = measure_columns(X[fold.train])
        return cls(X, y, fold, standardise(X, fold.train, mean, spread), mean, spread)

    def advance(self, alphas: Floats, tolerance: float) -> Floats:
        """Go on to smaller alphas; return their errors on the judged rows."""
        centre = float(self.y[self.fold.train].mean())
        found, unconverged = solve_lasso(
            self.scaled,
            self.y[self.fold.train] - centre,
            alphas=alphas,
            tolerance=tolerance,
            start=self.coefficients,
        )
        self.coefficients = found[:, -1]
        self.n_unconverged += unconverged
        active = np.flatnonzero((found != 0).any(axis=1))
        judged = self.X[np.ix_(self.fold.test, active)].astype(np.float64)
        predicted = ((judged - self.mean[active]) / self.spread[active]) @ found[active] + centre
        return np.asarray(((self.y[self.fold.test][:, None] - predicted) ** 2).mean(axis=0))


def _standard_error(errors: Floats) -> Floats:
    n_folds = errors.shape[1]
    return np.asarray(errors.std(axis=1, ddof=1 if n_folds > 1 else 0) / np.sqrt(n_folds))
