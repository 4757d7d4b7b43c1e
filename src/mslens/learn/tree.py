"""Stages and models as a tree: what is fitted once per training fold is shared by all models.

"features" -> stages (filter, selection, factors ...) -> regressors, and a stack of them all.
Stages that do not look at the target are fitted once per training fold. Stages that do, and
the regressors, are fitted again in the inner folds from which the weights of the stack come,
so that the stack is never weighted by predictions of rows that the selection has seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, clone

from mslens.core.arrays import Array
from mslens.core.errors import SettingsError, UnknownName
from mslens.core.rng import make_rng
from mslens.evaluate.folds import make_folds
from mslens.learn.funnel import fix_settings
from mslens.learn.stacking import StackWeights, fit_grouped, fit_stack
from mslens.learn.tuned import TunedRegressor

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
#: Name of the table that the tree starts from, and of the joint prediction.
FEATURES, STACK = "features", "stack"


@dataclass(frozen=True)
class Stage:
    """A transformer between the features and the models.

    Parameters
    ----------
    source : str
        Where its input comes from: "features" or an earlier stage.
    transformer : estimator
    uses_target : bool, optional
        By default what scikit-learn's tags say. A stage that does not is fitted without it.
    """

    source: str
    transformer: BaseEstimator
    uses_target: bool | None = None

    def looks_at_target(self) -> bool:
        """Say whether the transformer is fitted with the target."""
        if self.uses_target is not None:
            return self.uses_target
        return bool(self.transformer.__sklearn_tags__().target_tags.required)


@dataclass(frozen=True)
class Model:
    """A regressor on the output of a stage; None where the stage itself predicts (LASSO)."""

    source: str
    regressor: BaseEstimator | None


@dataclass(frozen=True)
class ModelTree:
    """Stages in the order in which they are fitted, and the models on them.

    Parameters
    ----------
    stages, models : mapping
    stacked : bool
        Whether all models are joined as well.
    n_stack_folds : int
    random_state : int
        Draws the folds of the stack.

    Raises
    ------
    UnknownName
        If a source is neither "features" nor an earlier stage.
    SettingsError
        If a model without regressor stands on a stage that cannot predict.
    """

    stages: Mapping[str, Stage]
    models: Mapping[str, Model]
    stacked: bool = True
    n_stack_folds: int = 5
    random_state: int = 0

    def __post_init__(self) -> None:
        known = [FEATURES]
        for name, stage in self.stages.items():
            if stage.source not in known:
                raise UnknownName.of(stage.source, known, kind="stage")
            known.append(name)
        for name, model in self.models.items():
            if model.source not in known:
                raise UnknownName.of(model.source, known, kind="stage")
            if model.regressor is None and not self._predicts(model.source):
                raise SettingsError(
                    f"model '{name}' has no regressor and stage '{model.source}' cannot predict"
                )

    def _predicts(self, source: str) -> bool:
        return source != FEATURES and hasattr(self.stages[source].transformer, "predict")

    def estimators(self) -> dict[str, BaseEstimator]:
        """Name every estimator of the tree."""
        found = {name: stage.transformer for name, stage in self.stages.items()}
        found |= {name: m.regressor for name, m in self.models.items() if m.regressor is not None}
        return found

    def supervised(self) -> set[str]:
        """Stages that look at the target, or come after one that does."""
        found: set[str] = set()
        for name, stage in self.stages.items():
            if stage.looks_at_target() or stage.source in found:
                found.add(name)
        return found


@dataclass(frozen=True, eq=False)
class PreparedTree:
    """The unsupervised stages, fitted; with what they make of the training rows.

    Parameters
    ----------
    tables : dict
        "features" and each unsupervised stage -> ndarray, shape (n, columns).
    names : dict
        The same -> names of the columns.
    """

    tree: ModelTree
    stages: dict[str, BaseEstimator]
    tables: dict[str, Array]
    names: dict[str, Array]


@dataclass(frozen=True, eq=False)
class FittedTree:
    """All stages and models, fitted on the same rows.

    Parameters
    ----------
    stages, models : dict
        Fitted; a model that is its stage stands in both.
    names : dict
        Stage -> names of its columns.
    weights : StackWeights or None
    """

    tree: ModelTree
    stages: dict[str, BaseEstimator]
    models: dict[str, BaseEstimator]
    names: dict[str, Array]
    weights: StackWeights | None = None
    out_of_fold: dict[str, Floats] = field(default_factory=dict)

    def transform(self, X: Array) -> dict[str, Array]:
        """Take rows through all stages: stage -> ndarray, shape (n, columns)."""
        tables = {FEATURES: X}
        for name, stage in self.tree.stages.items():
            tables[name] = self.stages[name].transform(tables[stage.source])
        return tables

    def predict(self, X: Array) -> dict[str, Floats]:
        """Predict with every model, and with the stack.

        Parameters
        ----------
        X : ndarray, shape (n, p)

        Returns
        -------
        dict
            Model -> ndarray, shape (n,).
        """
        return self.predict_from(self.transform(X))

    def predict_from(self, tables: Mapping[str, Array]) -> dict[str, Floats]:
        """Predict from the tables of `transform`."""
        predicted = {}
        for name, model in self.tree.models.items():
            source = model.source
            if model.regressor is None:
                source = self.tree.stages[source].source
            predicted[name] = np.asarray(self.models[name].predict(tables[source]))
        if self.weights is not None:
            predicted[STACK] = self.weights.join(np.column_stack(list(predicted.values())))
        return predicted


def fit_tree(
    tree: ModelTree,
    X: Array,
    y: Array,
    *,
    patients: Array | None = None,
    names: Array | None = None,
) -> FittedTree:
    """Fit every stage and model, and the weights of the stack.

    Parameters
    ----------
    tree : ModelTree
    X : ndarray, shape (n, p), float32 or float64
    y : ndarray, shape (n,)
    patients : array-like, shape (n,), optional
    names : sequence of str, length p, optional
        Of the columns; by default x0, x1, ...

    Returns
    -------
    FittedTree

    Raises
    ------
    InputError
        What the estimators raise.
    """
    return finish_tree(prepare_tree(tree, X, names=names), y, patients=patients)


def prepare_tree(tree: ModelTree, X: Array, *, names: Array | None = None) -> PreparedTree:
    """Fit the stages that do not look at the target; see `fit_tree`."""
    if names is None:
        names = np.array([f"x{i}" for i in range(X.shape[1])], dtype=object)
    prepared = PreparedTree(tree, {}, {FEATURES: X}, {FEATURES: np.asarray(names, dtype=object)})
    late = tree.supervised()
    for name, stage in tree.stages.items():
        if name not in late:
            fitted = clone(stage.transformer).fit(prepared.tables[stage.source])
            prepared.stages[name] = fitted
            prepared.tables[name] = fitted.transform(prepared.tables[stage.source])
            prepared.names[name] = fitted.get_feature_names_out(prepared.names[stage.source])
    return prepared


def finish_tree(prepared: PreparedTree, y: Array, *, patients: Array | None = None) -> FittedTree:
    """Fit the stages that look at the target, the models and the stack; see `fit_tree`."""
    tree, target = prepared.tree, np.asarray(y, dtype=np.float64)
    every = np.arange(target.size)
    fitted = _fit_rows(prepared, target, every, patients, like=None)
    if not tree.stacked or len(tree.models) < 2:
        return fitted
    rng = make_rng(tree.random_state, "stack folds")
    unseen = np.empty((target.size, len(tree.models)))
    for fold in make_folds(target, n_folds=tree.n_stack_folds, rng=rng, patients=patients):
        inner = _fit_rows(prepared, target, fold.train, patients, like=fitted)
        tables = {name: prepared.tables[name][fold.test] for name in _read_late(prepared)}
        for name, stage in tree.stages.items():
            if name not in prepared.tables:
                tables[name] = inner.stages[name].transform(tables[stage.source])
        unseen[fold.test] = np.column_stack(list(inner.predict_from(tables).values()))
    out_of_fold = {name: unseen[:, i] for i, name in enumerate(tree.models)}
    return FittedTree(
        tree, fitted.stages, fitted.models, fitted.names, fit_stack(unseen, target), out_of_fold
    )


def _read_late(prepared: PreparedTree) -> set[str]:
    """Name the prepared tables that models, or stages that look at the target, read."""
    tree = prepared.tree
    sources = {stage.source for name, stage in tree.stages.items() if name not in prepared.stages}
    for model in tree.models.values():
        own = model.regressor is not None
        sources.add(model.source if own else tree.stages[model.source].source)
    return sources & set(prepared.tables)


def _fit_rows(
    prepared: PreparedTree,
    y: Floats,
    rows: Integers,
    patients: Array | None,
    *,
    like: FittedTree | None,
) -> FittedTree:
    """Fit on some rows; with `like`, with the settings that its estimators have chosen."""
    tree = prepared.tree
    whole = rows.size == y.size
    read = _read_late(prepared)
    tables = {n: prepared.tables[n] if whole else prepared.tables[n][rows] for n in read}
    inside = None if patients is None else np.asarray(patients)[rows]
    stages, names = dict(prepared.stages), dict(prepared.names)
    for name, stage in tree.stages.items():
        if name in prepared.stages:
            continue
        fresh = clone(stage.transformer) if like is None else fix_settings(like.stages[name])
        stages[name] = fit_grouped(fresh, tables[stage.source], y[rows], inside)
        tables[name] = stages[name].transform(tables[stage.source])
        names[name] = stages[name].get_feature_names_out(names[stage.source])
    models = {}
    for name, model in tree.models.items():
        if model.regressor is None:
            models[name] = stages[model.source]
            continue
        fresh = clone(model.regressor) if like is None else _fix_regressor(like.models[name])
        models[name] = fit_grouped(fresh, tables[model.source], y[rows], inside)
    return FittedTree(tree, stages, models, names)


def _fix_regressor(fitted: BaseEstimator) -> BaseEstimator:
    """Fix the settings; a forest is as small as those that it was tuned with."""
    fixed = fix_settings(fitted)
    if isinstance(fixed, TunedRegressor):
        fixed.set_params(n_trees=min(fixed.n_trees, fixed.n_trees_tuned))
    return fixed
