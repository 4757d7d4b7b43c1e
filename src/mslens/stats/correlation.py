"""Pearson's correlation along an axis, many at once, and its interval by Fisher's z."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array

Floats = npt.NDArray[np.float64]


def correlate(first: Array, second: Array) -> Floats:
    """Compute Pearson's correlation along the last axis.

    Parameters
    ----------
    first, second : array-like, shape (..., n)
        Broadcast against each other.

    Returns
    -------
    ndarray, shape (...), float64
        NaN where one of the two is constant.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    flat = _is_constant(x) | _is_constant(y)
    x = x - x.mean(axis=-1, keepdims=True)
    y = y - y.mean(axis=-1, keepdims=True)
    scale = np.sqrt((x**2).sum(axis=-1) * (y**2).sum(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.clip((x * y).sum(axis=-1) / scale, -1.0, 1.0)
    return np.asarray(np.where(flat, np.nan, r))


def correlation_interval(r: float, size: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a correlation of `size` pairs by Fisher's z; (-1, 1) below 4 pairs."""
    if size < 4 or not np.isfinite(r):
        return -1.0, 1.0
    if abs(r) == 1.0:
        return r, r
    reach = float(stats.norm.ppf(0.5 + level / 2)) / np.sqrt(size - 3)
    return float(np.tanh(np.arctanh(r) - reach)), float(np.tanh(np.arctanh(r) + reach))


def _is_constant(values: Floats) -> npt.NDArray[np.bool_]:
    return np.asarray(values.max(axis=-1) == values.min(axis=-1))
