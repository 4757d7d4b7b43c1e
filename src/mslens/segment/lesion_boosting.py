"""Fit boosted trees to weighted rows and keep them as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field
from sklearn.ensemble import HistGradientBoostingClassifier

from mslens.core.arrays import Array
from mslens.core.settings import Settings
from mslens.segment.lesion_forest import Forest
from mslens.segment.weighted_bins import bin_edges, bin_numbers

#: scikit-learn bins a sample of this size when there are more rows, which is fast. Up to it, it
#: sorts a weighted column anew for each of its 254 bin ends, which takes minutes; so we bin.
SAMPLED_BY_SKLEARN = 200_000


class BoostingSettings(Settings):
    """Size and speed of a boosted forest.

    Parameters
    ----------
    trees : int
    leaves : int
        Of a tree, at most.
    learning_rate : float
    leaf_rows : int
        Rows in a leaf, at least.
    shrinkage : float
        L2 penalty of the leaves.
    feature_share : float
        Share of the features that a split may choose from.
    """

    trees: int = Field(default=150, ge=1)
    leaves: int = Field(default=24, ge=2)
    learning_rate: float = Field(default=0.12, gt=0, le=1)
    leaf_rows: int = Field(default=60, ge=1)
    shrinkage: float = Field(default=5.0, ge=0)
    feature_share: float = Field(default=0.4, gt=0, le=1)


def fit_forest(
    values: Array, truth: Array, weight: Array, *, settings: BoostingSettings, seed: int
) -> Forest:
    """Fit boosted trees with logistic loss.

    Parameters
    ----------
    values : ndarray, shape (n, k), float32
        NaN is missing.
    truth : ndarray, shape (n,), bool
        Both classes are there.
    weight : ndarray, shape (n,)
        Scaled to a mean of 1.
    settings : BoostingSettings
    seed : int
        Of the features that each split may choose from.

    Returns
    -------
    Forest
    """
    model = HistGradientBoostingClassifier(
        max_iter=settings.trees,
        max_leaf_nodes=settings.leaves,
        learning_rate=settings.learning_rate,
        min_samples_leaf=settings.leaf_rows,
        l2_regularization=settings.shrinkage,
        max_features=settings.feature_share,
        early_stopping=False,
        random_state=seed,
    )
    varying = np.flatnonzero([_varies(column) for column in values.T])
    taken, weight = values[:, varying], weight / weight.mean()
    edges: list[Array] = []
    if len(values) <= SAMPLED_BY_SKLEARN:
        edges = [bin_edges(column, weight) for column in taken.T]
        columns = zip(taken.T, edges, strict=True)
        taken = np.column_stack([bin_numbers(column, ends) for column, ends in columns])
    model.fit(taken, truth.astype(np.int64), sample_weight=weight)
    return _flatten(model, varying, edges)


def _varies(column: Array) -> bool:
    """Say whether a column has two values at least; scikit-learn cannot bin others."""
    known = column[~np.isnan(column)]
    return len(known) > 0 and bool(known.min() < known.max())


def _flatten(model: Any, columns: Array, edges: Sequence[Array]) -> Forest:
    """Copy the nodes out of scikit-learn, which has no public way to them.

    With ``edges`` the model saw numbers of bins, and a threshold lies between two of them.
    """
    trees = [stage[0].nodes for stage in model._predictors]
    offsets = np.concatenate([[0], np.cumsum([len(nodes) for nodes in trees])])
    nodes = np.concatenate(trees)
    shift = np.repeat(offsets[:-1], np.diff(offsets))
    is_leaf = nodes["is_leaf"].astype(bool)
    threshold = nodes["num_threshold"].astype(np.float64)
    if edges:
        inner = ~is_leaf & np.isfinite(threshold)  # infinite: known values from missing ones
        which = zip(nodes["feature_idx"][inner], threshold[inner].astype(int), strict=True)
        threshold[inner] = [edges[column][end] for column, end in which]
    return Forest(
        roots=offsets[:-1].astype(np.int32),
        feature=np.where(is_leaf, -1, columns[nodes["feature_idx"]]).astype(np.int16),
        threshold=threshold,
        left=np.where(is_leaf, 0, nodes["left"] + shift).astype(np.int32),
        right=np.where(is_leaf, 0, nodes["right"] + shift).astype(np.int32),
        missing_left=nodes["missing_go_to_left"].astype(bool),
        value=np.where(is_leaf, nodes["value"], 0.0).astype(np.float64),
        baseline=np.asarray(model._baseline_prediction, dtype=np.float64).reshape(1),
    )
