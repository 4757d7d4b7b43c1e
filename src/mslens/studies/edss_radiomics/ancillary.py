"""What the clinic alone predicts, and where the errors are: ancillary models and subgroups."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.rng import make_rng
from mslens.evaluate.subgroups import compare_subgroups
from mslens.learn.nested import NestedSettings, evaluate_nested
from mslens.learn.tree import fit_tree
from mslens.studies.edss_radiomics.blocks import CLINICAL
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.paper import load_paper
from mslens.studies.edss_radiomics.scores import score_sets
from mslens.studies.edss_radiomics.settings import StudySettings
from mslens.studies.edss_radiomics.split import TRAINING, Split
from mslens.studies.edss_radiomics.trees import build_small_tree

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]
#: Internal and external test together.
UNSEEN = "unseen"
_SUBGROUPS = ("sex", "course", "site", "scanner")


def evaluate_small(
    matrix: StudyMatrix,
    target: Floats,
    split: Split,
    settings: StudySettings,
    *,
    n_workers: int = 1,
) -> dict[str, list[Row]]:
    """Evaluate models on clinical variables alone, and on age alone.

    Returns
    -------
    dict
        "clinical" and "age" -> rows as `score_sets` makes them; a key is missing when the table
        lacks its columns.
    """
    clinical = matrix.blocks[CLINICAL]
    age = clinical[[matrix.names[i] == "age" for i in clinical]] if clinical.size else clinical
    paper = {
        name: {model: [r, r**2, error] for model, (r, error) in models.items()}
        for name, models in load_paper()["clinical_only"].items()
    }
    found = {}
    for name, columns, algorithms, published, workers in (
        ("clinical", clinical, settings.models.algorithms, paper, n_workers),
        ("age", age, ("ridge",), None, 1),
    ):
        if columns.size:
            predictions = _predict(
                matrix.X[:, columns], target, split, settings, algorithms, workers
            )
            observed = {key: target[split.rows[key]] for key in predictions}
            found[name] = score_sets(observed, predictions, settings, published=published)
    return found


def _predict(
    X: npt.NDArray[np.float32],
    target: Floats,
    split: Split,
    settings: StudySettings,
    algorithms: tuple[str, ...],
    n_workers: int,
) -> dict[str, dict[str, Floats]]:
    tree, rows = build_small_tree(algorithms, settings), split.rows[TRAINING]
    folds = NestedSettings(n_folds=settings.n_folds, seed=settings.seed)
    # Few columns: two patients may share a row, so rows are compared in the whole matrix only.
    patients = np.arange(rows.size).astype(str)
    jitter = _tell_apart(X[rows])
    nested = evaluate_nested(
        tree, jitter, target[rows], settings=folds, patients=patients, n_workers=n_workers
    )
    fitted = fit_tree(tree, X[rows], target[rows])
    predictions = {TRAINING: {name: values[0] for name, values in nested.predictions.items()}}
    for name, place in split.rows.items():
        if name != TRAINING:
            predictions[name] = fitted.predict(X[place])
    return predictions


def _tell_apart(X: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Make equal rows differ by less than any model sees: patients of one age are no leak."""
    step = 1e-9 * np.maximum(np.abs(X).max(axis=0), 1.0)
    return X.astype(np.float64) + np.arange(len(X))[:, None] * step / len(X)


def compare_groups(
    observed: Floats,
    predicted: Floats,
    clinical: pd.DataFrame,
    settings: StudySettings,
    *,
    cohort: str,
) -> list[Row]:
    """Measure errors by sex, course, site and scanner, where there are two or more of them."""
    rows = []
    for name in _SUBGROUPS:
        if name not in clinical.columns or clinical[name].nunique() < 2:
            continue
        labels = clinical[name].fillna("not stated").to_numpy(dtype=str)
        found = compare_subgroups(
            observed, predicted, labels, rng=make_rng(settings.seed, "subgroups", cohort, name)
        )
        rows += [
            {"set": cohort, "column": name, "p": found.p, **vars(group)} for group in found.groups
        ]
    return rows


def compare_subgroups_of_sets(
    observed: dict[str, Floats],
    best: dict[str, Floats],
    clinical: pd.DataFrame,
    split: Split,
    settings: StudySettings,
) -> list[Row]:
    """Compare groups inside each set; sites and scanners over all patients that nothing saw."""
    rows = [
        row
        for key, places in split.rows.items()
        for row in compare_groups(
            observed[key], best[key], clinical.iloc[places], settings, cohort=key
        )
    ]
    tests = [key for key in split.rows if key != TRAINING]
    if len(tests) < 2:
        return rows
    places = np.concatenate([split.rows[key] for key in tests])
    rows += compare_groups(
        np.concatenate([observed[key] for key in tests]),
        np.concatenate([best[key] for key in tests]),
        clinical.iloc[places][[c for c in ("site", "scanner") if c in clinical.columns]],
        settings,
        cohort=UNSEEN,
    )
    return rows
