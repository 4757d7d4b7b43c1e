"""Dice's coefficient of two masks: 2 |A and B| / (|A| + |B|). Dice, Ecology 1945."""

from __future__ import annotations

import math

import numpy as np

from mslens.core.arrays import Array
from mslens.core.errors import GridMismatch


def measure_dice(mask: Array, truth: Array) -> float:
    """Measure how far two masks overlap.

    Parameters
    ----------
    mask, truth : ndarray, shape (x, y, z)
        Non-zero is inside.

    Returns
    -------
    float
        0 to 1; NaN where both are empty.

    Raises
    ------
    GridMismatch
        If the shapes differ.
    """
    if mask.shape != truth.shape:
        raise GridMismatch(
            f"masks of shape {mask.shape} and {truth.shape} cannot be compared",
            expected="two masks on one grid",
        )
    ours, theirs = np.asarray(mask) != 0, np.asarray(truth) != 0
    both = int(np.count_nonzero(ours & theirs))
    total = int(np.count_nonzero(ours)) + int(np.count_nonzero(theirs))
    return 2 * both / total if total else math.nan
