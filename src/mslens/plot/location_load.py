"""Lesion load by location as stacked horizontal bars, one per session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mslens.core.arrays import FloatArray
from mslens.core.errors import InputError
from mslens.plot.encode import figure_style
from mslens.plot.palette import GREY, LOCATION

#: With more bars than this, bars touch each other and lose their names.
MAX_NAMED_BARS = 40


def draw_location_load(
    names: Sequence[str], loads: Mapping[str, Sequence[float]], *, label: str
) -> Figure:
    """Draw one stacked bar per name.

    Parameters
    ----------
    names : sequence of str
        Sessions, first at the top.
    loads : mapping of str to sequence of float
        Location class to one value per name, stacked in this order.
    label : str
        Measure and unit, e.g. ``"Lesion volume (ml)"``.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If a class does not have one value per name.
    """
    for location, values in loads.items():
        if len(values) != len(names):
            raise InputError(
                f"location '{location}' has {len(values)} values", expected=f"{len(names)}"
            )
    named = len(names) <= MAX_NAMED_BARS
    height = 0.62 + (0.26 if named else 0.06) * max(len(names), 1)
    with figure_style():
        figure = Figure(figsize=(7.0, height))
        left = min(0.3, 0.03 + 0.011 * max((len(n) for n in names), default=0)) if named else 0.02
        axes = figure.add_axes((left, 0.42 / height, 0.98 - left, 1 - 0.5 / height))
        place = np.arange(len(names))
        start = np.zeros(len(names))
        for location, values in loads.items():
            width = np.nan_to_num(np.asarray(values, dtype=np.float64))
            colour = LOCATION.get(location, GREY)
            if named:
                axes.barh(place, width, left=start, height=0.72, color=colour, linewidth=0)
            else:
                _add_band(axes, start, start + width, colour)
            start += width
        axes.set_ylim(len(names) - 0.45, -0.55)
        axes.set_xlim(0, max(float(start.max(initial=0.0)) * 1.03, 1e-3))
        axes.set_yticks(place if named else [], names if named else [])
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(label)
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
    return figure


def _add_band(axes: Axes, start: FloatArray, stop: FloatArray, colour: str) -> None:
    """Draw bars that touch as one shape: a thousand of them stay small in a file."""
    edges = np.arange(len(start) + 1) - 0.5
    left, right = (np.append(side, side[-1:]) for side in (start, stop))
    axes.fill_betweenx(edges, left, right, step="post", color=colour, linewidth=0)
