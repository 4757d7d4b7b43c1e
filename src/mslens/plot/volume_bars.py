"""Volumes side by side: one row per structure, one bar per series (side of the body, session)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from mslens.core.errors import InputError
from mslens.plot.encode import figure_style


def draw_volume_bars(
    structures: Sequence[str],
    series: Mapping[str, Sequence[float]],
    *,
    colours: Sequence[str],
    label: str = "Volume (ml)",
) -> Figure:
    """Draw grouped horizontal bars.

    Parameters
    ----------
    structures : sequence of str
        First at the top.
    series : mapping of str to sequence of float
        Name to one value per structure; NaN draws no bar.
    colours : sequence of str
        One per series, repeated when there are fewer.
    label : str
        Measure and unit.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If a series does not have one value per structure, or no colour is given.
    """
    if not colours:
        raise InputError("no colour is given", expected="at least one")
    for name, values in series.items():
        if len(values) != len(structures):
            raise InputError(
                f"series '{name}' has {len(values)} values", expected=f"{len(structures)}"
            )
    rows = max(len(structures), 1)
    height = 0.6 + rows * (0.1 + 0.13 * max(len(series), 1))
    longest = max((len(name) for name in structures), default=0)
    with figure_style():
        figure = Figure(figsize=(7.0, height))
        left = min(0.42, 0.03 + 0.0115 * longest)
        axes = figure.add_axes((left, 0.42 / height, 0.97 - left, 1 - 0.46 / height))
        thickness = 0.8 / max(len(series), 1)
        place = np.arange(len(structures))
        for number, values in enumerate(series.values()):
            offset = (number - (len(series) - 1) / 2) * thickness
            width = np.nan_to_num(np.asarray(values, dtype=np.float64))
            axes.barh(
                place + offset,
                width,
                height=thickness * 0.9,
                color=colours[number % len(colours)],
                linewidth=0,
            )
        axes.set_ylim(rows - 0.45, -0.55)
        axes.set_yticks(place, structures)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(left=0)
        axes.set_xlabel(label)
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
    return figure
