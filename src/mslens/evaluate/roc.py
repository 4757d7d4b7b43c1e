"""ROC curve of one model, and the mean curve over folds.

The mean curve is the mean of the folds' step curves on a grid of false-positive rates, and its
area is the mean of the folds' areas: pooling scores of differently fitted models is not done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.delong import compare_aucs

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RocCurve:
    """Points of an ROC curve from (0, 0) to (1, 1).

    Parameters
    ----------
    false_positive_rate, true_positive_rate : ndarray, shape (m,)
    threshold : ndarray, shape (m,)
        At or above it a row is called positive; infinite at the first point.
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    threshold: Floats


@dataclass(frozen=True, eq=False)
class MeanRoc:
    """Mean of the folds' curves.

    Parameters
    ----------
    false_positive_rate : ndarray, shape (g,)
        The grid.
    true_positive_rate, spread : ndarray, shape (g,)
        Mean and standard deviation over folds.
    auc : float
        Mean of the folds' areas.
    fold_aucs : ndarray, shape (folds,)
    """

    false_positive_rate: Floats
    true_positive_rate: Floats
    spread: Floats
    auc: float
    fold_aucs: Floats


def trace_roc(is_positive: Array, scores: Array) -> RocCurve:
    """Trace the ROC curve; tied scores make one point.

    Parameters
    ----------
    is_positive : array-like of bool, shape (n,)
    scores : array-like, shape (n,)
        Higher means positive.

    Raises
    ------
    InputError
        If a class is empty, shapes differ or a score is NaN.
    """
    truth, score = np.asarray(is_positive).astype(bool), np.asarray(scores, dtype=np.float64)
    if truth.shape != score.shape or truth.ndim != 1 or np.isnan(score).any():
        raise InputError("classes and scores do not fit", expected="one score per row, no NaN")
    if truth.all() or not truth.any():
        raise InputError("one class is empty", expected="both classes", cure="Use fewer folds")
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(score[order]) != 0, True])
    hits = np.cumsum(truth[order])[last]
    alarms = last + 1 - hits
    return RocCurve(
        np.r_[0.0, alarms / (~truth).sum()],
        np.r_[0.0, hits / truth.sum()],
        np.r_[np.inf, score[order][last]],
    )


def average_roc(folds: Sequence[tuple[Array, Array]], *, n_points: int = 101) -> MeanRoc:
    """Average the ROC curves of several folds.

    Parameters
    ----------
    folds : sequence of (is_positive, scores)
    n_points : int
        Size of the grid of false-positive rates.

    Raises
    ------
    InputError
        If there is no fold, or a fold has fewer than two of a class.
    """
    if not folds:
        raise InputError("there is no fold", expected="at least one")
    grid = np.linspace(0.0, 1.0, n_points)
    curves, areas = [], []
    for truth, scores in folds:
        curve = trace_roc(truth, scores)
        # Rates such as 0.3 are k/n: the slack keeps rounding from hiding a step on the grid.
        step = np.searchsorted(curve.false_positive_rate, grid + 1e-9, side="right") - 1
        curves.append(curve.true_positive_rate[step])
        areas.append(float(compare_aucs(truth, scores).auc[0]))
    table = np.stack(curves)
    return MeanRoc(
        grid, table.mean(axis=0), table.std(axis=0), float(np.mean(areas)), np.array(areas)
    )
