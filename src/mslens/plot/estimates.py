"""Estimates with intervals, one row per model and one panel per set, published values beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mslens.core.errors import InputError
from mslens.plot.encode import INK, figure_style
from mslens.plot.palette import BLUE, GREY, VERMILION


@dataclass(frozen=True)
class EstimatePanel:
    """One set.

    Parameters
    ----------
    title : str
    values : sequence of (value, low, high) or None
        One per row.
    published : sequence of float or None
        One per row.
    limit : float, optional
        Best attainable value, drawn as a line.
    """

    title: str
    values: Sequence[tuple[float, float, float] | None]
    published: Sequence[float | None]
    limit: float | None = None


def draw_estimates(rows: Sequence[str], panels: Sequence[EstimatePanel], *, label: str) -> Figure:
    """Draw estimates with their intervals.

    Parameters
    ----------
    rows : sequence of str
        Names of the models, first at the top.
    panels : sequence of EstimatePanel
    label : str
        What is estimated.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If there is no panel, or a panel does not have one value per row.
    """
    if not panels or any(len(p.values) != len(rows) != len(p.published) for p in panels):
        raise InputError("values and rows differ in number", expected="one value per row")
    with figure_style():
        height = 0.85 + 0.27 * len(rows)
        figure = Figure(figsize=(8.6, height))
        axes = figure.subplots(1, len(panels), sharey=True, sharex=True, squeeze=False)[0]
        for number, (axis, panel) in enumerate(zip(axes, panels, strict=True)):
            _draw_panel(axis, panel)
            axis.set_xlabel(label)
            axis.tick_params(axis="y", length=0)
            if number == 0:
                axis.set_yticks(range(len(rows)), rows)
                axis.set_ylim(len(rows) - 0.4, -0.6)
            for side in ("left", "right", "top"):
                axis.spines[side].set_visible(False)
        figure.set_layout_engine("constrained")
    return figure


def _draw_panel(axis: Axes, panel: EstimatePanel) -> None:
    axis.set_title(panel.title, fontsize=9)
    axis.grid(axis="x", color=GREY, alpha=0.3, linewidth=0.6)
    if panel.limit is not None:
        axis.axvline(panel.limit, color=INK, linewidth=0.9, linestyle=(0, (4, 3)))
    for row, (found, published) in enumerate(zip(panel.values, panel.published, strict=True)):
        if found is not None and np.isfinite(found).all():
            value, low, high = found
            axis.plot([low, high], [row, row], color=BLUE, linewidth=1.6, solid_capstyle="butt")
            axis.plot([value], [row], "o", ms=5, mfc=BLUE, mew=0)
        if published is not None:
            axis.plot([published], [row], "D", ms=5, mfc="none", mec=VERMILION, mew=1.2)
