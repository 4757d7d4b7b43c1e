r"""The four regression algorithms of Pontillo et al., AJNR 2021, with the grids they are tuned on.

Ridge regression, Gaussian process (RBF and white noise on the normalised target, tuned by its
marginal likelihood), support-vector regression with an RBF kernel whose width is a multiple of
1 / columns, and random forest. Grids have at most 20 cells. Columns are z-scored in the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.ensemble import RandomForestRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

#: One choice of the tuned settings.
Cell = Mapping[str, Any]
Grid = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Context:
    """What an algorithm must know beside its tuned settings."""

    n_columns: int
    seed: int
    n_trees: int
    n_restarts: int


@dataclass(frozen=True)
class Algorithm:
    """A regression algorithm.

    Parameters
    ----------
    title : str
        As a table prints it.
    build : callable
        (cell, context) -> unfitted regressor.
    grid : mapping
        Setting -> values; empty when nothing is tuned by cross-validation.
    """

    title: str
    build: Callable[[Cell, Context], RegressorMixin]
    grid: Grid


def build_regressor(algorithm: str, cell: Cell, context: Context) -> Pipeline:
    """Build an unfitted regressor that z-scores its columns first."""
    return Pipeline(
        [("scale", StandardScaler()), ("regress", ALGORITHMS[algorithm].build(cell, context))]
    )


def _build_ridge(cell: Cell, context: Context) -> RegressorMixin:  # noqa: ARG001
    return Ridge(alpha=cell["alpha"])


def _build_gaussian_process(cell: Cell, context: Context) -> RegressorMixin:  # noqa: ARG001
    width = float(np.sqrt(context.n_columns))
    kernel = ConstantKernel(1.0, (1e-4, 1e4)) * RBF(width, (1e-2 * width, 1e4 * width))
    return GaussianProcessRegressor(
        kernel + WhiteKernel(0.5, (1e-8, 1e2)),
        normalize_y=True,
        n_restarts_optimizer=context.n_restarts,
        random_state=context.seed,
    )


def _build_support_vector(cell: Cell, context: Context) -> RegressorMixin:
    gamma = cell["gamma_scale"] / context.n_columns
    return SVR(C=cell["C"], epsilon=cell["epsilon"], gamma=gamma)


def _build_random_forest(cell: Cell, context: Context) -> RegressorMixin:
    return RandomForestRegressor(
        n_estimators=context.n_trees,
        max_features=cell["max_features"],
        min_samples_leaf=cell["min_samples_leaf"],
        random_state=context.seed,
    )


#: Name of an algorithm -> how it is built and tuned.
ALGORITHMS: dict[str, Algorithm] = {
    "ridge": Algorithm(
        "Ridge regression",
        _build_ridge,
        {"alpha": tuple(float(a) for a in np.geomspace(1e-3, 1e4, 15))},
    ),
    "gaussian-process": Algorithm("Gaussian process", _build_gaussian_process, {}),
    "support-vector": Algorithm(
        "Support-vector machine",
        _build_support_vector,
        {
            "C": (2.0**-3, 2.0**-1, 2.0**1, 2.0**4, 2.0**7),
            "epsilon": (0.1, 0.4),
            "gamma_scale": (2.0**-4, 2.0**-1),
        },
    ),
    "random-forest": Algorithm(
        "Random forest",
        _build_random_forest,
        {"max_features": ("sqrt", 1 / 3), "min_samples_leaf": (1, 3, 5, 10)},
    ),
}
