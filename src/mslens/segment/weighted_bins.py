"""Cut columns into bins of equal weight, with one sort each."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array

MAX_BINS = 255


def bin_edges(column: Array, weight: Array, *, max_bins: int = MAX_BINS) -> Array:
    """Find the upper ends of all bins but the last.

    The bins are those of scikit-learn's boosted trees, without the empty ones: between neighbours
    where there are few values, else at weighted quantiles (the averaged inverse of the cumulative
    distribution, Hyndman and Fan, The American Statistician 1996, definition 2).

    Parameters
    ----------
    column : ndarray, shape (n,)
        NaN is missing; two values at least.
    weight : ndarray, shape (n,)
        Above 0.
    max_bins : int

    Returns
    -------
    ndarray, shape (at most max_bins - 1,), float64
        Increasing. A value is in the first bin whose end it does not exceed.
    """
    known = ~np.isnan(column)
    order = np.argsort(column[known])
    values = column[known][order].astype(np.float64)
    distinct = np.unique(values)
    if len(distinct) <= max_bins:
        return (distinct[:-1] + distinct[1:]) / 2
    mass = np.cumsum(weight[known][order])
    wanted = np.linspace(0, 100, max_bins + 1)[1:-1] / 100 * mass[-1]
    at = np.searchsorted(mass, wanted).clip(max=len(values) - 1)
    is_met = mass[at] - wanted <= np.finfo(np.float64).eps
    after = np.where(is_met, (at + 1).clip(max=len(values) - 1), at)
    edges = np.unique((values[at] + values[after]) / 2)
    return edges[np.unique(np.searchsorted(edges, values))[:-1]]


def bin_numbers(column: Array, edges: Array) -> Array:
    """Tell the number of every value's bin.

    Parameters
    ----------
    column : ndarray, shape (n,)
    edges : ndarray, shape (k,)
        Of ``bin_edges``.

    Returns
    -------
    ndarray, shape (n,), float32
        0 to k; NaN where the value is missing.
    """
    numbers = np.searchsorted(edges, column).astype(np.float32)
    numbers[np.isnan(column)] = np.nan
    return numbers
