"""The selection funnel, the selected features (table 2), tuned settings and ridge weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from mslens.learn.nested import FoldRecord
from mslens.learn.selection_frequency import count_selections
from mslens.learn.tree import FittedTree
from mslens.studies.edss_radiomics.blocks import CHACO, COVARIATE, RADIOMICS, VOLUMES
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.evaluation import Evaluation
from mslens.studies.edss_radiomics.paper import load_paper
from mslens.studies.edss_radiomics.trees import COLLINEAR, LOW_VARIANCE, TITLES

Row = dict[str, Any]
SELECTED = "selected"


def describe_funnel(matrix: StudyMatrix, evaluation: Evaluation) -> list[Row]:
    """Count what each step leaves, on all training patients and over the folds.

    Returns
    -------
    list of dict
        ``step``, ``dropped``, ``left``, ``folds`` (smallest and largest number left in a fold,
        or None) and ``paper``.
    """
    paper, counts = load_paper()["funnel"], evaluation.final.counts
    others = matrix.names.size - matrix.blocks[RADIOMICS].size
    others -= matrix.blocks.get(COVARIATE, np.empty(0)).size
    start, stable = matrix.extracted, matrix.extracted - matrix.unstable
    complete = matrix.blocks[RADIOMICS].size
    rows: list[Row] = [
        _step("Radiomic features", None, start, None, f"{paper['extracted']:,}"),
        _step(
            f"Repeated measurement agrees ({matrix.n_repeated} patients)"
            if matrix.n_repeated
            else "Repeated measurement agrees: not checked, nothing was measured twice",
            start - stable,
            stable,
            None,
            f"-{paper['unstable']}",
        ),
        _step("Everybody has a value", stable - complete, complete, None, ""),
        _step("Clinic, volumes and disconnection join", -others, complete + others, None, ""),
    ]
    left = complete + others
    for key, label, published in (
        (f"filtered: {LOW_VARIANCE}", "Variance", f"-{paper['low_variance']:,}"),
        (f"filtered: {COLLINEAR}", "Collinearity", f"-{paper['collinear']:,}"),
        ("lasso", "LASSO", str(paper["lasso"])),
        (SELECTED, "Correlation-based subset", str(paper["selected"])),
    ):
        after = counts[key]
        folds = [record.counts[key] for record in evaluation.nested.records]
        rows.append(_step(label, left - after, after, folds, published))
        left = after
    return rows


def _step(label: str, dropped: int | None, left: int, folds: list[int] | None, paper: str) -> Row:
    spread = [min(folds), max(folds)] if folds and len(folds) > 1 else None
    return {"step": label, "dropped": dropped, "left": left, "folds": spread, "paper": paper}


def describe_selected(matrix: StudyMatrix, evaluation: Evaluation) -> Row:
    """Describe the selected features and how often they are selected in the folds.

    Returns
    -------
    dict
        ``features``: rows with ``name``, ``block``, region, image type, class, feature,
        ``share`` of the folds; ``others``: selected in folds but not finally; ``stability`` with
        its interval; ``paper``: table 2.
    """
    final = [str(name) for name in evaluation.final.columns[SELECTED]]
    records = evaluation.nested.records
    chosen = [[str(name) for name in record.columns[SELECTED]] for record in records]
    frequency = count_selections(chosen, n_columns=matrix.names.size)
    share = dict(zip(frequency.names, frequency.share.tolist(), strict=True))
    place = {str(name): i for i, name in enumerate(matrix.names)}
    several = len(records) > 1
    describe = [
        {**_describe(matrix, place[name]), "share": share.get(name, 0.0) if several else None}
        for name in final
    ]
    others = [
        {**_describe(matrix, place[name]), "share": value}
        for name, value in share.items()
        if name not in final
    ]
    return {
        "features": describe,
        "others": others[:20] if several else [],
        "n_others": len(others) if several else 0,
        "stability": frequency.stability,
        "interval": list(frequency.interval),
        "paper": load_paper()["table2"],
    }


def _describe(matrix: StudyMatrix, column: int) -> Row:
    block = next(name for name, places in matrix.blocks.items() if column in places)
    row: Row = {"name": str(matrix.names[column]), "block": block, "region": ""}
    row |= {"image_type": "", "feature_class": "", "feature": row["name"]}
    if block == RADIOMICS:
        what = matrix.var.iloc[column - int(matrix.blocks[RADIOMICS][0])]
        row |= {"region": str(what["roi"]), "image_type": str(what["image_type"])}
        row |= {"feature_class": str(what["feature_class"]), "feature": str(what["feature"])}
    elif block in (VOLUMES, CHACO):
        row["region"] = row["name"].partition(".")[2].removeprefix("region_")
        row["feature"] = "volume (z score)" if block == VOLUMES else "disconnection"
    return row


def describe_settings(record: FoldRecord) -> list[Row]:
    """List the tuned settings of every model, and its weight in the stack."""
    return [
        {
            "model": name,
            "title": TITLES.get(name, name),
            "settings": ", ".join(f"{k} = {_write(v)}" for k, v in chosen.items()) or "none tuned",
            "weight": record.weights.get(name),
        }
        for name, chosen in _with_untuned(record).items()
    ]


def _with_untuned(record: FoldRecord) -> dict[str, dict[str, Any]]:
    return {name: record.settings.get(name, {}) for name in {**record.settings, **record.weights}}


def _write(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def describe_weights(fitted: FittedTree) -> list[Row]:
    """Return the ridge weights of the z-scored selected features, the largest first."""
    if "ridge" not in fitted.models:
        return []
    ridge = fitted.models["ridge"].regressor_.named_steps["regress"]
    pairs = zip(fitted.names[SELECTED], np.ravel(ridge.coef_).tolist(), strict=True)
    rows = [{"name": str(name), "weight": weight} for name, weight in pairs]
    return sorted(rows, key=lambda row: -abs(row["weight"]))
