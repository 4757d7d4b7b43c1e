"""Nested, repeated cross-validation of a whole tree of models, with a null cohort beside it.

The default protocol selects and tunes inside each training fold (Varma & Simon, BMC
Bioinformatics 2006; Ambroise & McLachlan, PNAS 2002). The order of many papers, selection on all
training patients followed by cross-validation of the rest, is there for comparison and is
labelled optimistic: with 400 patients and 10,000 columns of noise it gives r = .6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor
from pydantic import Field
from sklearn.base import clone

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.evaluate.cohort import require_patients, require_target
from mslens.evaluate.folds import Fold, make_folds
from mslens.evaluate.leakage import audit_folds
from mslens.evaluate.regression import RegressionScores, score_regression
from mslens.learn.guard import refuse_fitted, refuse_repeated_rows
from mslens.learn.stacking import fit_grouped
from mslens.learn.tree import STACK, FittedTree, ModelTree, finish_tree, fit_tree, prepare_tree
from mslens.learn.tuned import TunedRegressor
from mslens.stats.correlation import correlate

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
Progress = Callable[[int, int], None]
#: With fewer patients no cross-validated number means anything.
MIN_PATIENTS = 10
#: After so long without work a process of the folds ends; a study that goes on uses it again.
_IDLE_SECONDS = 30


class NestedSettings(Settings):
    """How a tree of models is evaluated.

    Parameters
    ----------
    protocol : {"nested", "paper"}
        Everything inside the training fold, or selection on all rows first (optimistic).
    n_folds, n_repeats : int
    first_repeat : int
        Number of the first one: repeat 3 alone is the fourth of a longer evaluation, so that
        repeats can be judged one by one.
    n_null : int
        Null targets evaluated in the folds of the first repeat; only nested.
    seed : int
    """

    protocol: Literal["nested", "paper"] = "nested"
    n_folds: int = Field(default=10, ge=2)
    n_repeats: int = Field(default=1, ge=1)
    first_repeat: int = Field(default=0, ge=0)
    n_null: int = Field(default=0, ge=0)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class FoldRecord:
    """What one training fold has chosen.

    Parameters
    ----------
    repeat, fold : int
        The paper's protocol selects once: fold is -1.
    counts : dict
        Stage, or stage and step -> columns left.
    columns : dict
        Stage that looks at the target -> names of its columns.
    settings : dict
        Model -> tuned settings.
    weights : dict
        Model -> weight in the stack.
    """

    repeat: int
    fold: int
    counts: dict[str, int]
    columns: dict[str, Array]
    settings: dict[str, dict[str, Any]]
    weights: dict[str, float]


@dataclass(frozen=True, eq=False)
class NestedResult:
    """Predictions of every row by fits that have not seen its patient.

    Parameters
    ----------
    observed : ndarray, shape (n,)
    predictions : dict
        Model -> ndarray, shape (repeats, n).
    fold_of : ndarray of int, shape (repeats, n)
    records : list of FoldRecord
    optimistic : bool
        Whether the selection has seen the rows that are judged.
    null_targets : ndarray, shape (nulls, n)
    null_predictions : dict
        Model -> ndarray, shape (nulls, n).
    """

    observed: Floats
    predictions: dict[str, Floats]
    fold_of: Integers
    records: list[FoldRecord]
    optimistic: bool
    null_targets: Floats
    null_predictions: dict[str, Floats] = field(default_factory=dict)

    def scores(self) -> dict[str, RegressionScores]:
        """Model -> scores, one per repeat."""
        return {name: score_regression(self.observed, p) for name, p in self.predictions.items()}

    def null_correlations(self) -> dict[str, Floats]:
        """Model -> r on each null target; NaN where one value was predicted for all."""
        return {n: correlate(self.null_targets, p) for n, p in self.null_predictions.items()}


#: Predictions of a fold's judged rows and what was chosen: of the target, then of each null target.
Fits = list[tuple[dict[str, Floats], FoldRecord]]


def evaluate_nested(
    tree: ModelTree,
    X: Array,
    y: Array,
    *,
    settings: NestedSettings | None = None,
    patients: Array | None = None,
    names: Array | None = None,
    n_workers: int = 1,
    progress: Progress | None = None,
) -> NestedResult:
    """Evaluate every model of a tree, and their stack, by cross-validation.

    Parameters
    ----------
    tree : ModelTree
        Unfitted.
    X : ndarray, shape (n, p), float32 or float64
    y : ndarray, shape (n,)
    settings : NestedSettings, optional
    patients : array-like, shape (n,), optional
        Patient of each row; without it each row is a patient.
    names : sequence of str, length p, optional
    n_workers : int
        Folds worked on at a time, each in a process of its own; changes nothing but the time. The
        published protocol works on one.
    progress : callable, optional
        Called with (folds done, folds in all).

    Returns
    -------
    NestedResult

    Raises
    ------
    LeakageError
        If an estimator is fitted, or two patients share a row.
    InputError
        If there are fewer than ten patients or fewer patients than folds, or the target is
        missing or constant.
    """
    settings = settings or NestedSettings()
    who = np.arange(len(y)).astype(str) if patients is None else np.asarray(patients).astype(str)
    if len(X) != len(y) or len(who) != len(y):
        raise InputError(
            f"{len(X)} rows of features, {len(y)} targets and {len(who)} patients",
            expected="one of each per row",
        )
    target = require_target(y, target="the target", participants=who.tolist())
    require_patients(who.tolist(), minimum=MIN_PATIENTS, purpose="to cross-validate a model")
    refuse_fitted(tree.estimators())
    refuse_repeated_rows(X, who.tolist())
    if settings.protocol == "paper":
        return _evaluate_paper(tree, X, target, settings, who, names)
    return _Evaluation(tree, X, target, settings, who, names).run(progress, n_workers)


class _Evaluation:
    """The loop over repeats and folds."""

    def __init__(
        self,
        tree: ModelTree,
        X: Array,
        y: Floats,
        settings: NestedSettings,
        patients: Array,
        names: Array | None,
    ) -> None:
        self.tree, self.X, self.y = tree, X, y
        self.settings, self.patients, self.names = settings, patients, names
        models = [*tree.models, *([STACK] if tree.stacked and len(tree.models) > 1 else [])]
        self.predictions = {m: np.empty((settings.n_repeats, y.size)) for m in models}
        self.null_predictions = {m: np.empty((settings.n_null, y.size)) for m in models}
        self.null_targets = np.empty((settings.n_null, y.size))
        self.fold_of = np.empty((settings.n_repeats, y.size), dtype=np.intp)
        self.records: list[FoldRecord] = []

    def run(self, progress: Progress | None, n_workers: int) -> NestedResult:
        jobs = [
            (repeat, number, fold)
            for repeat in range(self.settings.n_repeats)
            for number, fold in enumerate(self._draw_folds(repeat))
        ]
        judged = Parallel(
            n_jobs=n_workers, return_as="generator", idle_worker_timeout=_IDLE_SECONDS
        )(
            delayed(_judge)(
                self.tree, self.X, self._targets(repeat), fold, self.patients, self.names
            )
            for repeat, _, fold in jobs
        )
        try:
            self._gather(jobs, judged, progress)
        except BaseException:
            if n_workers > 1:
                get_reusable_executor().shutdown(kill_workers=True)
            raise
        return NestedResult(
            self.y,
            self.predictions,
            self.fold_of,
            self.records,
            optimistic=False,
            null_targets=self.null_targets,
            null_predictions=self.null_predictions if self.settings.n_null else {},
        )

    def _gather(
        self, jobs: list[tuple[int, int, Fold]], judged: Iterable[Fits], progress: Progress | None
    ) -> None:
        for done, ((repeat, number, fold), fits) in enumerate(zip(jobs, judged, strict=True), 1):
            self.fold_of[repeat, fold.test] = number
            (predicted, fit), *nulls = fits
            _store(self.predictions, repeat, fold, predicted)
            self.records.append(replace(fit, repeat=repeat, fold=number))
            for null, (of_null, _) in enumerate(nulls):
                _store(self.null_predictions, null, fold, of_null)
            if progress is not None:
                progress(done, len(jobs))

    def _draw_folds(self, repeat: int) -> list[Fold]:
        settings = self.settings
        rng = make_rng(settings.seed, "outer folds", str(settings.first_repeat + repeat))
        folds = make_folds(self.y, n_folds=settings.n_folds, rng=rng, patients=self.patients)
        audit_folds(folds, self.patients)
        if repeat == 0:
            for number in range(settings.n_null):
                rng = make_rng(settings.seed, "null target", str(number))
                self.null_targets[number] = permute_target(self.y, folds, self.patients, rng)
        return folds

    def _targets(self, repeat: int) -> list[Floats]:
        """Return the target, and in the first repeat the null targets after it."""
        return [self.y, *self.null_targets] if repeat == 0 else [self.y]


def _judge(
    tree: ModelTree,
    X: Array,
    targets: list[Floats],
    fold: Fold,
    patients: Array,
    names: Array | None,
) -> Fits:
    """Fit all models in one fold, for each target; return predictions of its judged rows."""
    prepared = prepare_tree(tree, X[fold.train], names=names)
    fits = []
    for target in targets:
        fitted = finish_tree(prepared, target[fold.train], patients=patients[fold.train])
        fits.append((fitted.predict(X[fold.test]), describe_fit(fitted)))
    return fits


def permute_target(
    y: Array, folds: list[Fold], patients: Array, rng: np.random.Generator
) -> Floats:
    """Exchange the targets of patients within each fold, so that the folds stay balanced.

    Parameters
    ----------
    y : ndarray, shape (n,)
    folds : list of Fold
    patients : array-like, shape (n,)
        Patients with the same number of rows exchange them whole.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n,), float64
    """
    target, who = np.asarray(y, dtype=np.float64), np.asarray(patients)
    permuted = target.copy()
    for fold in folds:
        rows_of: dict[int, list[Integers]] = {}
        for patient in np.unique(who[fold.test]):
            rows = fold.test[who[fold.test] == patient]
            rows_of.setdefault(rows.size, []).append(rows)
        for alike in rows_of.values():
            for taker, giver in zip(alike, rng.permutation(len(alike)), strict=True):
                permuted[taker] = target[alike[giver]]
    return permuted


def describe_fit(fitted: FittedTree, *, repeat: int = 0, fold: int = 0) -> FoldRecord:
    """Say what a fit has chosen: columns left, columns selected, settings, stack weights."""
    counts: dict[str, int] = {}
    for name, stage in fitted.stages.items():
        for step, left in getattr(stage, "counts_", {}).items():
            counts[f"{name}: {step}"] = int(left)
        counts[name] = len(fitted.names[name])
    settings: dict[str, dict[str, Any]] = {}
    for name, model in fitted.models.items():
        if hasattr(model, "best_params_"):
            settings[name] = dict(model.best_params_)
        elif hasattr(model, "alpha_"):
            settings[name] = {"alpha": model.alpha_}
    weights: Mapping[str, float] = {}
    if fitted.weights is not None:
        weights = dict(zip(fitted.tree.models, fitted.weights.weights.tolist(), strict=True))
    columns = {name: fitted.names[name] for name in fitted.tree.supervised()}
    return FoldRecord(repeat, fold, counts, columns, settings, dict(weights))


def _store(table: dict[str, Floats], row: int, fold: Fold, predicted: Mapping[str, Floats]) -> None:
    for name, values in predicted.items():
        table[name][row, fold.test] = values


def _evaluate_paper(
    tree: ModelTree,
    X: Array,
    y: Floats,
    settings: NestedSettings,
    patients: Array,
    names: Array | None,
) -> NestedResult:
    """Select on all rows, then tune and judge by one and the same cross-validation."""
    fitted = fit_tree(_without_stack(tree), X, y, patients=patients, names=names)
    tables = fitted.transform(X)
    predictions = {m: np.empty((settings.n_repeats, y.size)) for m in tree.models}
    fold_of = np.empty((settings.n_repeats, y.size), dtype=np.intp)
    for repeat in range(settings.n_repeats):
        rng = make_rng(settings.seed, "outer folds", str(settings.first_repeat + repeat))
        folds = make_folds(y, n_folds=settings.n_folds, rng=rng, patients=patients)
        for number, fold in enumerate(folds):
            fold_of[repeat, fold.test] = number
        for name, model in tree.models.items():
            source = model.source
            if model.regressor is None:
                source = tree.stages[source].source
            predictions[name][repeat] = _cross_validate(
                fitted.models[name], tables[source], y, folds, patients
            )
    record = describe_fit(fitted, repeat=0, fold=-1)
    return NestedResult(
        y, predictions, fold_of, [record], optimistic=True, null_targets=np.empty((0, y.size))
    )


def _cross_validate(
    fitted: Any, table: Array, y: Floats, folds: list[Fold], patients: Array
) -> Floats:
    """Predict each fold with settings that were tuned on all rows."""
    predicted = np.empty(y.size)
    for fold in folds:
        fixed = (
            fitted.with_fixed_settings()
            if hasattr(fitted, "with_fixed_settings")
            else clone(fitted)
        )
        if isinstance(fixed, TunedRegressor):
            fixed.set_params(n_trees=fixed.n_trees_tuned)
        fit_grouped(fixed, table[fold.train], y[fold.train], patients[fold.train])
        predicted[fold.test] = fixed.predict(table[fold.test])
    return predicted


def _without_stack(tree: ModelTree) -> ModelTree:
    return ModelTree(tree.stages, tree.models, stacked=False, random_state=tree.random_state)
