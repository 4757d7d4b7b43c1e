"""p values adjusted for many tests: family-wise error or false discovery rate.

Bonferroni; Holm, Scand J Stat 1979; Benjamini & Hochberg, JRSS B 1995; Benjamini & Yekutieli,
Ann Stat 2001.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.core.registry import choose_method
from mslens.stats.samples import take_sample

Floats = npt.NDArray[np.float64]
Adjustment = Literal["bonferroni", "holm", "benjamini-hochberg", "benjamini-yekutieli"]


def adjust_p(p: Array, *, method: Adjustment = "holm") -> Floats:
    """Adjust p values for their number.

    Parameters
    ----------
    p : array-like, shape (n,)
    method : {"bonferroni", "holm", "benjamini-hochberg", "benjamini-yekutieli"}

    Returns
    -------
    ndarray, shape (n,), float64
        In the order of the input, cut at 1.

    Raises
    ------
    InputError
        If a value is not in [0, 1].
    UnknownName
        If the method is not known.
    """
    values = take_sample(p, name="the list of p values")
    if ((values < 0) | (values > 1)).any():
        raise InputError("a p value lies outside [0, 1]", expected="p values")
    return choose_method(METHODS, method, stage="p-adjustment")(values)


def _bonferroni(p: Floats) -> Floats:
    return np.minimum(p * p.size, 1.0)


def _holm(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(p.size, 0, -1)
    return _unsort(np.maximum.accumulate(scaled), order)


def _benjamini_hochberg(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    scaled = p[order] * p.size / np.arange(1, p.size + 1)
    return _unsort(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _benjamini_yekutieli(p: Floats) -> Floats:
    order = np.argsort(p, kind="stable")
    penalty = (1.0 / np.arange(1, p.size + 1)).sum()
    scaled = p[order] * penalty * p.size / np.arange(1, p.size + 1)
    return _unsort(np.minimum.accumulate(scaled[::-1])[::-1], order)


def _unsort(values: Floats, order: npt.NDArray[np.intp]) -> Floats:
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(values, 1.0)
    return adjusted


METHODS: dict[str, Callable[[Floats], Floats]] = {
    "bonferroni": _bonferroni,
    "holm": _holm,
    "benjamini-hochberg": _benjamini_hochberg,
    "benjamini-yekutieli": _benjamini_yekutieli,
}
