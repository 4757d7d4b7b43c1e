"""Filters that change every intensity by itself: square, square root, logarithm, exponential.

Each is scaled so that the largest magnitude stays what it was, and keeps the sign of negative
intensities (van Griethuysen 2017).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array

Float64Array = npt.NDArray[np.float64]


def _largest(image: Float64Array) -> float:
    return float(np.max(np.abs(image)))


def square(image: Array) -> Float64Array:
    """Return x^2 / max abs(x)."""
    values = image.astype(np.float64)
    top = _largest(values)
    return (values / np.sqrt(top)) ** 2 if top > 0 else values


def square_root(image: Array) -> Float64Array:
    """Return sign(x) sqrt(abs(x) max abs(x))."""
    values = image.astype(np.float64)
    return np.asarray(np.sign(values) * np.sqrt(np.abs(values) * _largest(values)))


def logarithm(image: Array) -> Float64Array:
    """Return c sign(x) log(abs(x) + 1), with c keeping the largest magnitude."""
    values = image.astype(np.float64)
    top = _largest(values)
    if top == 0:
        return values
    response = np.sign(values) * np.log(np.abs(values) + 1)
    largest = _largest(response)
    return np.asarray(response * (top / largest)) if largest > 0 else response


def exponential(image: Array) -> Float64Array:
    """Return exp(x log(m) / m) with m = max abs(x): m stays m."""
    values = image.astype(np.float64)
    top = _largest(values)
    return np.asarray(np.exp(values * (np.log(top) / top))) if top > 0 else np.ones_like(values)
