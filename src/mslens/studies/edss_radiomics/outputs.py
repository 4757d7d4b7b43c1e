"""The files of the study: tables, result, card, settings, report."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import mslens
from mslens.evaluate.model_card import ModelCard
from mslens.io.files import write_atomically
from mslens.io.tables import ColumnDescription, write_tsv
from mslens.report.study import render_study
from mslens.studies.edss_radiomics.evaluation import Evaluation
from mslens.studies.edss_radiomics.settings import StudySettings

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StudyFiles:
    """What a study wrote.

    Parameters
    ----------
    report, model, result : Path
        HTML page, model file and ``study.json``.
    """

    report: Path
    model: Path
    result: Path


def write_outputs(
    out: Path,
    result: dict[str, Any],
    card: ModelCard,
    settings: StudySettings,
    *,
    people: dict[str, list[str]],
    observed: dict[str, Floats],
    evaluation: Evaluation,
    not_finite: tuple[str, ...],
) -> StudyFiles:
    """Write everything but the model, which lies there already."""
    files = StudyFiles(out / "edss-radiomics.html", out / "model.mslens", out / "study.json")
    predictions = tabulate_predictions(people, observed, evaluation.predictions)
    described = {
        "participant_id": ColumnDescription("Participant"),
        "set": ColumnDescription("training (cross-validated), internal or external"),
        "observed": ColumnDescription(f"Observed {settings.target}"),
    }
    models = [name for name in predictions.columns if name not in described]
    described |= {name: ColumnDescription(f"Predicted by: {name}") for name in models}
    write_tsv(out / "predictions.tsv", predictions, columns=described)
    write_tsv(out / "performance.tsv", _flatten(result["performance"]), columns=_SCORE_COLUMNS)
    write_tsv(
        out / "inclusion.tsv",
        pd.DataFrame(
            [
                {"participant_id": f"sub-{name}", "reason": step["reason"]}
                for step in result["inclusion"]["steps"]
                for name in step["names"]
            ],
            columns=["participant_id", "reason"],
        ),
        columns={
            "participant_id": ColumnDescription("Participant that was left out"),
            "reason": ColumnDescription("First rule that it failed"),
        },
    )
    write_tsv(
        out / "left_out_features.tsv",
        pd.DataFrame({"feature": list(not_finite)}, dtype="str"),
        columns={"feature": ColumnDescription("Left out: not finite in some patient")},
    )
    write_atomically(out / "settings.toml", settings.to_toml())
    write_atomically(out / "model_card.md", card.to_markdown())
    full = json_able({**result, "mslens": mslens.__version__})
    write_atomically(files.result, json.dumps(full, indent=1, allow_nan=False) + "\n")
    write_atomically(files.report, render_study(full, predictions, card.to_markdown()))
    return files


def tabulate_predictions(
    people: dict[str, list[str]],
    observed: dict[str, Floats],
    predictions: dict[str, dict[str, Floats]],
) -> pd.DataFrame:
    """Put the predictions of all sets and models under each other."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "participant_id": [f"sub-{one}" for one in people[name]],
                    "set": name,
                    "observed": observed[name],
                    **models,
                }
            )
            for name, models in predictions.items()
        ],
        ignore_index=True,
    )


def json_able(value: Any) -> Any:
    """Turn NumPy values into plain ones and what is not finite into None."""
    if isinstance(value, dict):
        return {str(key): json_able(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [json_able(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


_SCORE_COLUMNS = {
    "set": ColumnDescription("training (cross-validated), internal or external"),
    "model": ColumnDescription("Model"),
    "n": ColumnDescription("Patients"),
    "score": ColumnDescription("Score"),
    "value": ColumnDescription("Value"),
    "low": ColumnDescription("Lower end of the 95% bootstrap interval"),
    "high": ColumnDescription("Upper end of the 95% bootstrap interval"),
}


def _flatten(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                **{key: row[key] for key in ("set", "model", "n")},
                "score": name,
                **dict(zip(("value", "low", "high"), values, strict=True)),
            }
            for row in rows
            for name, values in row["scores"].items()
        ]
    )
