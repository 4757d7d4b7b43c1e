"""Column statistics in blocks, so that no copy of a wide table is ever made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array

Floats = npt.NDArray[np.float64]
#: Columns handled at once: 400 rows of them in float64 are 13 MB.
BLOCK = 4096


def iterate_blocks(n_columns: int, *, block: int = BLOCK) -> Iterator[slice]:
    """Yield slices that cover the columns in order."""
    for start in range(0, n_columns, block):
        yield slice(start, min(start + block, n_columns))


def measure_columns(X: Array) -> tuple[Floats, Floats]:
    """Compute mean and population standard deviation of each column in float64.

    Parameters
    ----------
    X : ndarray, shape (n, p)

    Returns
    -------
    mean, spread : ndarray, shape (p,), float64
        The spread of a constant column is exactly 0.
    """
    mean, spread = np.empty(X.shape[1]), np.empty(X.shape[1])
    for columns in iterate_blocks(X.shape[1]):
        values = X[:, columns].astype(np.float64)
        flat = values.max(axis=0) == values.min(axis=0)
        mean[columns] = np.where(flat, values[0], values.mean(axis=0))
        spread[columns] = np.where(flat, 0.0, values.std(axis=0))
    return mean, spread


def correlate_columns(X: Array, y: Array) -> Floats:
    """Correlate each column with a target; 0 where either is constant.

    Parameters
    ----------
    X : ndarray, shape (n, p)
    y : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (p,), float64
    """
    target = np.asarray(y, dtype=np.float64)
    target = target - target.mean()
    scale = np.sqrt((target**2).sum())
    r = np.zeros(X.shape[1])
    mean, spread = measure_columns(X)
    norm = spread * np.sqrt(X.shape[0]) * scale
    for columns in iterate_blocks(X.shape[1]):
        product = target @ (X[:, columns].astype(np.float64) - mean[columns])
        usable = norm[columns] > 0
        r[columns] = np.divide(product, norm[columns], out=np.zeros_like(product), where=usable)
    return np.clip(r, -1.0, 1.0)
