"""The result of the study as plain data: what the report, the card and the checklists read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from mslens.studies.edss_radiomics.algorithms import compare_algorithms, measure_optimism
from mslens.studies.edss_radiomics.ancillary import compare_subgroups_of_sets
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.courses import compare_courses
from mslens.studies.edss_radiomics.evaluation import Evaluation
from mslens.studies.edss_radiomics.exclusion import InclusionFlow
from mslens.studies.edss_radiomics.inputs import StudyInput
from mslens.studies.edss_radiomics.paper import load_paper
from mslens.studies.edss_radiomics.saving import choose_final
from mslens.studies.edss_radiomics.scores import (
    describe_calibration,
    describe_edss,
    measure_intervals,
    score_sets,
)
from mslens.studies.edss_radiomics.selection import (
    describe_funnel,
    describe_selected,
    describe_settings,
    describe_weights,
)
from mslens.studies.edss_radiomics.settings import StudySettings
from mslens.studies.edss_radiomics.sites import compare_sites
from mslens.studies.edss_radiomics.split import EXTERNAL, TRAINING, Split
from mslens.studies.edss_radiomics.words import describe_protocol

Floats = npt.NDArray[np.float64]


def describe_study(
    data: StudyInput,
    flow: InclusionFlow,
    matrix: StudyMatrix,
    split: Split,
    evaluation: Evaluation,
    settings: StudySettings,
) -> dict[str, Any]:
    """Describe cohort, selection, performance, comparisons and errors.

    Returns
    -------
    dict
        See docs/edss-radiomics.md, "study.json".
    """
    clinical = data.clinical.reindex(list(flow.included))
    target = clinical[settings.target].to_numpy(dtype=np.float64)
    observed = {name: target[rows] for name, rows in split.rows.items()}
    saved = choose_final(evaluation, observed[TRAINING], settings.models.saved)
    predictions, name = evaluation.predictions, saved["model"]
    best = {key: models[name] for key, models in predictions.items()}
    null = {key: np.abs(r).tolist() for key, r in evaluation.nested.null_correlations().items()}
    return {
        "study": "edss-radiomics",
        "target": settings.target,
        "protocol": settings.protocol,
        **_describe_cohort(data, flow, matrix, split),
        "optimistic": evaluation.nested.optimistic,
        "protocol_words": describe_protocol(settings),
        "funnel": describe_funnel(matrix, evaluation),
        "sites": compare_sites(clinical, data.volumes, _at_training(split), settings.target),
        "courses": compare_courses(clinical, settings.target),
        "performance": score_sets(
            observed,
            predictions,
            settings,
            published=load_paper()["table3"],
            oracle=_oracle(data, flow, split),
        ),
        "effect": compare_algorithms(observed, predictions, settings.models.algorithms),
        "optimism": measure_optimism(evaluation),
        "null": null,
        "settings": describe_settings(evaluation.final),
        "weights": describe_weights(evaluation.fitted),
        "selected": describe_selected(matrix, evaluation),
        "edss": describe_edss(observed, predictions),
        "subgroups": compare_subgroups_of_sets(observed, best, clinical, split, settings),
        "saved": saved,
        "intervals": measure_intervals(observed, predictions, name, settings.coverage),
        "calibration": {key: describe_calibration(observed[key], best[key]) for key in observed},
    }


def _describe_cohort(
    data: StudyInput, flow: InclusionFlow, matrix: StudyMatrix, split: Split
) -> dict[str, Any]:
    return {
        "simulated": data.simulated,
        "training_site": split.training_site,
        "other_sites": list(split.other_sites),
        "sizes": {key: int(rows.size) for key, rows in split.rows.items()},
        "blocks": {key: int(columns.size) for key, columns in matrix.blocks.items()},
        "inclusion": {
            "n_start": flow.n_start,
            "n_included": len(flow.included),
            "steps": [vars(step) for step in flow.steps],
        },
        "n_repeated": matrix.n_repeated,
        "remarks": list(data.remarks),
        "n_not_finite": len(matrix.not_finite),
        "facts": data.facts,
    }


def _at_training(split: Split) -> npt.NDArray[np.bool_]:
    inside = np.ones(sum(rows.size for rows in split.rows.values()), dtype=bool)
    if EXTERNAL in split.rows:
        inside[split.rows[EXTERNAL]] = False
    return inside


def _oracle(data: StudyInput, flow: InclusionFlow, split: Split) -> dict[str, Floats] | None:
    """Best attainable prediction of each set, where the cohort is simulated with its truth."""
    if data.oracle is None or not set(flow.included) <= set(data.oracle.index):
        return None
    best = np.asarray(data.oracle.loc[list(flow.included)], dtype=np.float64)
    return {name: best[rows] for name, rows in split.rows.items()}
