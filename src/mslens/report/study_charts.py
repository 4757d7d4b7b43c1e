"""Charts of a study's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from mslens.plot.agreement import draw_agreement
from mslens.plot.encode import to_svg
from mslens.plot.estimates import EstimatePanel, draw_estimates

#: Set -> how a page calls it.
SET_WORDS = {
    "training": "Training, cross-validated",
    "internal": "Internal test",
    "external": "External test",
    "unseen": "Both tests",
}


def chart_performance(result: Mapping[str, Any]) -> Markup:
    """Draw r of every model on every set with its interval."""
    rows = result["performance"]
    titles = list(dict.fromkeys(row["title"] for row in rows))
    panels = []
    for name in result["sizes"]:
        own = {row["title"]: row for row in rows if row["set"] == name}
        limits = [row["oracle"][3] for row in own.values() if row["oracle"]]
        optimistic = " (optimistic)" if name == "training" and result["optimistic"] else ""
        panels.append(
            EstimatePanel(
                f"{SET_WORDS[name]}{optimistic}, n = {result['sizes'][name]}",
                [_triple(own.get(title)) for title in titles],
                [_published(own.get(title)) for title in titles],
                limits[0] if limits else None,
            )
        )
    figure = draw_estimates(titles, panels, label="Pearson's r")
    return Markup(to_svg(figure, title="Correlation of observed and predicted, by model and set"))


def chart_agreement(
    result: Mapping[str, Any], predictions: pd.DataFrame
) -> list[tuple[str, Markup]]:
    """Draw observed against predicted of the saved model, one chart per set."""
    charts = []
    for name in result["sizes"]:
        part = predictions[predictions["set"] == name]
        bins = [
            (row["predicted"], row["observed"], row["standard_error"])
            for row in result["calibration"][name]
        ]
        figure = draw_agreement(
            part["observed"].to_numpy(dtype=np.float64),
            part[result["saved"]["model"]].to_numpy(dtype=np.float64),
            bins=bins,
            label=write_target(result["target"]),
        )
        title = f"Observed against predicted: {SET_WORDS[name]}"
        charts.append((SET_WORDS[name], Markup(to_svg(figure, title=title))))
    return charts


def write_target(name: str) -> str:
    """Write the target as a reader knows it."""
    return name.upper() if name in ("edss", "pdds", "sdmt") else name


def _triple(row: Mapping[str, Any] | None) -> tuple[float, float, float] | None:
    if row is None or row["scores"]["r"][0] is None:
        return None
    value, low, high = row["scores"]["r"]
    return (value, low, high)


def _published(row: Mapping[str, Any] | None) -> float | None:
    return None if row is None or row["paper"] is None else float(row["paper"][0])
