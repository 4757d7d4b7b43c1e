"""Small cohorts with known signal for the tests of `learn`."""

from __future__ import annotations

import numpy as np


def factor_cohort(
    seed: int = 0,
    *,
    n: int = 160,
    p: int = 1500,
    informative: float = 0.2,
    n_nuisance: int = 3,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns in as many groups as there are nuisance factors, and one factor across groups.

    Returns X, the target and the factors; the last factor tells the target.
    """
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, n_nuisance + 1))
    loadings = np.zeros((n_nuisance + 1, p))
    group = np.arange(p) * n_nuisance // p
    loadings[group, np.arange(p)] = rng.uniform(-0.8, 0.8, size=p)
    loadings[-1] = 0.5 * (rng.random(p) < informative)
    noise = np.sqrt(np.maximum(1 - (loadings**2).sum(axis=0), 0.1))
    X = factors @ loadings + noise * rng.normal(size=(n, p))
    y = 3 + factors[:, -1] + 0.5 * rng.normal(size=n)
    return X.astype(np.float32), y, factors


def sparse_cohort(
    seed: int = 0, *, n: int = 120, p: int = 400, n_signal: int = 4, noise: float = 0.7
) -> tuple[np.ndarray, np.ndarray]:
    """Independent columns; the first `n_signal` make the target."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    return X, X[:, :n_signal].sum(axis=1) + noise * rng.normal(size=n)
