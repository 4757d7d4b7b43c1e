"""The page of a study: who, how judged, how good, which features, for whom worse."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd
from PIL import Image

import mslens
from mslens.plot.orientation import CONVENTION
from mslens.report.page import read_asset, render_page
from mslens.report.pictures import Picture
from mslens.report.redaction import redact
from mslens.report.study_charts import (
    SET_WORDS,
    chart_agreement,
    chart_performance,
    write_target,
)
from mslens.report.study_regions import collect_shares, draw_regions

#: The scores of the paper's table 3 and what r hides.
_MAIN_SCORES = {
    "r": "r",
    "r_squared": "r²",
    "concordance": "CCC",
    "mean_absolute_error": "MAE",
    "bias": "Bias",
}
_OTHER_SCORES = {
    "determination": "1 − SSE/SST",
    "root_mean_square_error": "RMSE",
    "slope": "Slope",
    "intercept": "Intercept",
}
_SECTIONS = (
    ("summary", "Summary"),
    ("patients", "Patients"),
    ("performance", "Performance"),
    ("features", "Features"),
    ("errors", "Errors"),
    ("trust", "Trust"),
    ("checklists", "Checklists"),
    ("model", "Model"),
)


def render_study(result: Mapping[str, Any], predictions: pd.DataFrame, card: str) -> str:
    """Write the page of a study as HTML.

    Parameters
    ----------
    result : mapping
        Content of ``study.json``.
    predictions : DataFrame
        ``set``, ``observed`` and a column per model.
    card : str
        Model card as Markdown.
    """
    best = [row for row in result["performance"] if row["model"] == result["saved"]["model"]]
    context = {
        "title": f"Study {result['study']}: {write_target(result['target'])}",
        "subtitle": _subtitle(result),
        "sections": _SECTIONS,
        "version": mslens.__version__,
        "result": result,
        "target": write_target(result["target"]),
        "words": SET_WORDS,
        "main_scores": _MAIN_SCORES,
        "other_scores": _OTHER_SCORES,
        "best": best,
        "chart": chart_performance(result),
        "agreement": chart_agreement(result, predictions),
        "picture": _describe_picture(draw_regions(collect_shares(result["selected"]))),
        "performance": _by_set(result["performance"]),
        "ancillary": {name: _by_set(rows) for name, rows in result["ancillary"].items()},
        "edss": [row for row in result["edss"] if row["model"] == result["saved"]["model"]],
        "published": _published_rows(result),
        "card": card,
        "command": redact(result["command"]),
    }
    return render_page("study.html.j2", context, scripts=[read_asset("tables.js")])


def _subtitle(result: Mapping[str, Any]) -> str:
    sizes = ", ".join(f"{n} {SET_WORDS[name].lower()}" for name, n in result["sizes"].items())
    labels = [
        *(["SIMULATED"] if result["simulated"] else []),
        *(["OPTIMISTIC PROTOCOL"] if result["optimistic"] else []),
    ]
    return " · ".join([*labels, sizes])


def _by_set(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row["set"], []).append(row)
    return grouped


def _describe_picture(drawn: Picture | None) -> dict[str, Any] | None:
    if drawn is None:
        return None
    width, height = Image.open(io.BytesIO(base64.b64decode(drawn.content))).size
    return {
        **vars(drawn),
        "anchor": drawn.key,
        "alt": f"{drawn.title}. {CONVENTION}",
        "width": width,
        "height": height,
    }


def _published_rows(result: Mapping[str, Any]) -> bool:
    """Whether any model stands beside a published one."""
    return any(row["paper"] for row in result["performance"])
