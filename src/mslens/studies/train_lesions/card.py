"""The card of a lesion model: data, recipe, scores on persons not trained on, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

import mslens
from mslens.segment.lesion_features import FEATURES
from mslens.segment.lesion_training import TrainedModel, TrainingSettings
from mslens.studies.train_lesions.judge import JudgedCase
from mslens.studies.train_lesions.request import TrainingData

LIMITS = (
    "Research software: every lesion needs the eye of a person who can judge it.",
    "Cortical lesions, lesions of the spinal cord and gadolinium enhancement are not looked for.",
    "Trained on adults with multiple sclerosis; other diseases with bright spots on FLAIR will be"
    " marked as well.",
    "Simulated people teach contrasts and resolutions, not pathology.",
)


def describe_training(
    trained: TrainedModel,
    settings: TrainingSettings,
    data: TrainingData,
    *,
    n_real: int,
    judged: Sequence[JudgedCase],
) -> dict[str, Any]:
    """Write the card of a model as JSON-able data.

    Parameters
    ----------
    trained : TrainedModel
    settings : TrainingSettings
    data : TrainingData
    n_real : int
        Participants that were trained on.
    judged : sequence of JudgedCase
        Of the participants that were left out.
    """
    real = [d for name, d in trained.dice.items() if name not in trained.simulated]
    simulated = [d for name, d in trained.dice.items() if name in trained.simulated]
    return {
        "name": "mslens lesion model",
        "version": mslens.__version__,
        "task": "white-matter lesions of multiple sclerosis on FLAIR, with T1w and T2w if present",
        "trained_on": {"participants": n_real, "simulated": data.simulated},
        "left_out": len(data.leave_out),
        "settings": settings.model_dump(mode="json"),
        "features": len(FEATURES),
        "threshold": trained.model.threshold,
        "held_out_dice": {
            "note": "by forests that were fitted without the person; the probability was fitted"
            " on these same persons",
            "participants": _summary(real),
            "simulated": _summary(simulated),
        },
        "held_out_calibration": {
            "columns": ["mean probability", "share of lesion", "weight"],
            "bins": trained.calibration,
        },
        "left_out_scores": [asdict(case) for case in judged],
        "limits": list(LIMITS),
    }


def _summary(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {
        "views": len(values),
        "mean": round(float(np.mean(values)), 3),
        "lowest": round(float(np.min(values)), 3),
    }
