"""Fit and judge: cross-validation in the training set, then patients that nothing has seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mslens.evaluate.cohort import require_target
from mslens.learn.guard import refuse_repeated_rows
from mslens.learn.nested import (
    FoldRecord,
    NestedResult,
    NestedSettings,
    describe_fit,
    evaluate_nested,
)
from mslens.learn.tree import FittedTree, ModelTree, fit_tree
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.progress import Tell
from mslens.studies.edss_radiomics.settings import StudySettings
from mslens.studies.edss_radiomics.split import EXTERNAL, INTERNAL, TRAINING, Split
from mslens.studies.edss_radiomics.trees import build_tree

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Predictions of every model on every set.

    Parameters
    ----------
    nested : NestedResult
        Of the training rows.
    paper : NestedResult or None
        The published protocol on the same rows.
    fitted : FittedTree
        On all training rows.
    final : FoldRecord
        What that fit has chosen.
    predictions : dict
        Set -> model -> ndarray; training: the first repeat of the cross-validation.
    """

    nested: NestedResult
    paper: NestedResult | None
    fitted: FittedTree
    final: FoldRecord
    predictions: dict[str, dict[str, Floats]] = field(default_factory=dict)


def evaluate_study(
    matrix: StudyMatrix,
    target: Floats,
    people: tuple[str, ...],
    split: Split,
    settings: StudySettings,
    *,
    n_workers: int = 1,
    tell: Tell,
) -> Evaluation:
    """Run the protocol of the settings.

    Parameters
    ----------
    matrix : StudyMatrix
    target : ndarray, shape (n,)
    people : tuple of str
    split : Split
    settings : StudySettings
    n_workers : int
        Folds worked on at a time.
    tell : callable
        Told what is being done.

    Raises
    ------
    LeakageError
        If two patients have one and the same features.
    InputError
        If the target is missing or constant, or there are more folds than patients.
    """
    y = require_target(target, target=settings.target, participants=people)
    refuse_repeated_rows(matrix.X, people)
    tree, rows = build_tree(matrix, settings), split.rows[TRAINING]
    X, inside = matrix.X[rows], np.array(people)[rows]
    nested = evaluate_nested(
        tree,
        X,
        y[rows],
        settings=_protocol(settings, settings.protocol),
        patients=inside,
        names=matrix.names,
        n_workers=n_workers,
        progress=lambda done, total: tell(f"fold {done} of {total}"),
    )
    paper = None
    if settings.protocol == "nested" and settings.compare_protocols:
        tell("the published protocol, for comparison")
        paper = _evaluate_published(matrix, y, rows, inside, settings)
    tell("final models")
    fitted = fit_tree(tree, X, y[rows], patients=inside, names=matrix.names)
    predictions = {TRAINING: {name: values[0] for name, values in nested.predictions.items()}}
    for name in (INTERNAL, EXTERNAL):
        if name in split.rows:
            predictions[name] = fitted.predict(matrix.X[split.rows[name]])
    return Evaluation(nested, paper, fitted, describe_fit(fitted), predictions)


def _evaluate_published(
    matrix: StudyMatrix, y: Floats, rows: Integers, inside: np.ndarray, settings: StudySettings
) -> NestedResult:
    published: ModelTree = build_tree(matrix, settings.model_copy(update={"protocol": "paper"}))
    return evaluate_nested(
        published,
        matrix.X[rows],
        y[rows],
        settings=_protocol(settings, "paper"),
        patients=inside,
        names=matrix.names,
    )


def _protocol(settings: StudySettings, protocol: str) -> NestedSettings:
    return NestedSettings.parse(
        {
            "protocol": protocol,
            "n_folds": settings.n_folds,
            "n_repeats": settings.n_repeats,
            "n_null": settings.n_null if protocol == "nested" else 0,
            "seed": settings.seed,
        }
    )
