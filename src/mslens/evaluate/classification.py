r"""How well classes are predicted at a threshold, and the Brier score of the probabilities.

Balanced accuracy is the mean of sensitivity and specificity (paper 001 prints the formula of
plain accuracy beside it), :math:`F_1 = 2 TP / (2 TP + FP + FN)`, and
:math:`Brier = \overline{(p - y)^2}`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError


@dataclass(frozen=True)
class ClassificationScores:
    """Counts and scores of one model at one threshold; NaN where a denominator is zero."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
    sensitivity: float
    specificity: float
    positive_predictive_value: float
    negative_predictive_value: float
    accuracy: float
    balanced_accuracy: float
    f1: float
    brier: float


def score_classification(
    is_positive: Array, probability: Array, *, threshold: float = 0.5
) -> ClassificationScores:
    """Score predicted probabilities of the positive class.

    Parameters
    ----------
    is_positive : array-like of bool, shape (n,)
    probability : array-like, shape (n,)
        In [0, 1].
    threshold : float
        At or above it a row is called positive.

    Returns
    -------
    ClassificationScores

    Raises
    ------
    InputError
        If the shapes differ, there is no row, or a probability is outside [0, 1].
    """
    truth, p = check_probabilities(is_positive, probability)
    called = p >= threshold
    tp, fp = int((called & truth).sum()), int((called & ~truth).sum())
    fn, tn = int((~called & truth).sum()), int((~called & ~truth).sum())
    sensitivity, specificity = _share(tp, tp + fn), _share(tn, tn + fp)
    return ClassificationScores(
        true_positives=tp,
        false_positives=fp,
        false_negatives=fn,
        true_negatives=tn,
        sensitivity=sensitivity,
        specificity=specificity,
        positive_predictive_value=_share(tp, tp + fp),
        negative_predictive_value=_share(tn, tn + fn),
        accuracy=_share(tp + tn, truth.size),
        balanced_accuracy=(sensitivity + specificity) / 2,
        f1=_share(2 * tp, 2 * tp + fp + fn),
        brier=float(((p - truth) ** 2).mean()),
    )


def check_probabilities(
    is_positive: Array, probability: Array
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]:
    """Return classes as bool and probabilities as float64, both of shape (n,)."""
    values = np.asarray(is_positive)
    p = np.asarray(probability, dtype=np.float64)
    if values.ndim != 1 or values.shape != p.shape or not values.size:
        raise InputError(
            f"{values.shape} classes and {p.shape} probabilities", expected="one of each per row"
        )
    if not np.isin(values, (0, 1)).all():
        raise InputError("a class is neither 0 nor 1", expected="True for a positive")
    if not ((p >= 0) & (p <= 1)).all():
        raise InputError("a probability is NaN or outside [0, 1]", expected="probabilities")
    return values.astype(bool), p


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
