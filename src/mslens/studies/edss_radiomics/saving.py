"""Choose the final model by its cross-validated error and save it with what predict needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mslens.core.errors import UnknownName
from mslens.evaluate.model_card import ModelCard
from mslens.learn.model_store import SavedModel, choose_model, save_model
from mslens.learn.novelty import CohortLikeness
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.evaluation import Evaluation
from mslens.studies.edss_radiomics.settings import StudySettings
from mslens.studies.edss_radiomics.split import TRAINING, Split
from mslens.studies.edss_radiomics.trees import TITLES

STUDY = "edss-radiomics"


def choose_final(
    evaluation: Evaluation, observed: np.ndarray, wanted: str | None
) -> dict[str, Any]:
    """Name the model to keep: the wanted one, or that of the smallest cross-validated error.

    Raises
    ------
    UnknownName
        If there is no such model.
    """
    training = evaluation.predictions[TRAINING]
    if wanted is not None and wanted not in training:
        raise UnknownName.of(wanted, training, kind="model")
    errors = {name: float(((p - observed) ** 2).mean()) for name, p in training.items()}
    name = wanted or min(errors, key=lambda key: errors[key])
    return {
        "model": name,
        "title": TITLES.get(name, name),
        "rule": "named in the settings"
        if wanted
        else "smallest cross-validated squared error of the training patients",
    }


def save_final(
    path: Path,
    name: str,
    evaluation: Evaluation,
    matrix: StudyMatrix,
    split: Split,
    target: np.ndarray,
    card: ModelCard,
    settings: StudySettings,
) -> str:
    """Write the model file and return its hash.

    The residuals of the cross-validation give the intervals of new subjects; the columns that
    the model sees say whether a new subject is like the training patients.
    """
    rows = split.rows[TRAINING]
    residuals = target[rows] - evaluation.predictions[TRAINING][name]
    facts = {
        "study": STUDY,
        "card": card.to_dict(),
        "target": settings.target,
        "coverage": settings.coverage,
        "bounds": [0.0, 10.0] if settings.target == "edss" else None,
        "blocks": {key: int(columns.size) for key, columns in matrix.blocks.items()},
    }
    bare = SavedModel(choose_model(evaluation.fitted, name), name, residuals, None, facts)
    likeness = CohortLikeness(random_state=settings.seed).fit(bare.inputs_of(matrix.X[rows]))
    return save_model(path, SavedModel(bare.fitted, name, residuals, likeness, facts))
