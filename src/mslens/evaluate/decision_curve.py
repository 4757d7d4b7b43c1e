r"""Is a model worth acting on? Net benefit over thresholds of risk.

:math:`NB(t) = TP/n - FP/n \cdot t / (1 - t)`, against acting on everybody and on nobody
(Vickers & Elkin, Med Decis Making 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.evaluate.classification import check_probabilities

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DecisionCurve:
    """Net benefit per row of the sample.

    Parameters
    ----------
    threshold : ndarray, shape (t,)
    model, treat_all : ndarray, shape (t,)
        Treating nobody has a net benefit of 0 everywhere.
    """

    threshold: Floats
    model: Floats
    treat_all: Floats


def trace_decision_curve(
    is_positive: Array, probability: Array, *, thresholds: Array | None = None
) -> DecisionCurve:
    """Compute the net benefit of acting on predicted risks.

    Parameters
    ----------
    is_positive : array-like of bool, shape (n,)
    probability : array-like, shape (n,)
    thresholds : array-like, shape (t,), optional
        In [0, 1); by default 0.01, 0.02, ..., 0.99.

    Raises
    ------
    InputError
        If shapes differ, a probability is outside [0, 1] or a threshold outside [0, 1).
    """
    truth, p = check_probabilities(is_positive, probability)
    at = np.arange(1, 100) / 100 if thresholds is None else np.asarray(thresholds, dtype=float)
    if at.ndim != 1 or not ((at >= 0) & (at < 1)).all():
        raise InputError("a threshold lies outside [0, 1)", expected="risks below 1")
    hits, alarms = np.sort(p[truth]), np.sort(p[~truth])
    true_positives = hits.size - np.searchsorted(hits, at, side="left")
    false_positives = alarms.size - np.searchsorted(alarms, at, side="left")
    odds = at / (1 - at)
    return DecisionCurve(
        at,
        (true_positives - false_positives * odds) / truth.size,
        (hits.size - alarms.size * odds) / truth.size,
    )
