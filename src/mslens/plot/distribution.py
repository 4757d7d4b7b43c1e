"""How a measure is distributed over the sessions of a group: box, every value, outliers named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mslens.core.arrays import FloatArray
from mslens.core.errors import InputError
from mslens.plot.encode import INK, figure_style
from mslens.plot.palette import BLUE, VERMILION

_GOLDEN = 0.618033988749895
#: More names than this would lie on top of each other; the table names them all.
MAX_NAMES = 6


def draw_distribution(
    values: Sequence[float], names: Sequence[str], *, label: str, outliers: frozenset[str]
) -> Figure:
    """Draw a strip of all values over a box from the first to the third quartile.

    Parameters
    ----------
    values : sequence of float
        One per session, NaN where it is missing.
    names : sequence of str
        Same length.
    label : str
        Measure and unit, e.g. ``"Lesion volume (ml)"``.
    outliers : frozenset of str
        Names to be marked and, up to `MAX_NAMES`, written.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If the two lists differ in length.
    """
    if len(values) != len(names):
        raise InputError(f"{len(values)} values have {len(names)} names", expected="one each")
    number = np.asarray(values, dtype=np.float64)
    known = np.isfinite(number)
    # Spread by the golden ratio: even, and the same every time.
    height = ((np.arange(len(number)) * _GOLDEN) % 1.0 - 0.5) * 0.5
    marked = np.array([name in outliers for name in names], dtype=bool)
    with figure_style():
        figure = Figure(figsize=(5.2, 1.1))
        axes = figure.add_axes((0.03, 0.4, 0.94, 0.56))
        if known.any():
            _add_box(axes, number[known])
        axes.plot(number[~marked], height[~marked], "o", ms=4, mfc=BLUE, mew=0, alpha=0.75)
        axes.plot(number[marked], height[marked], "D", ms=5, mfc=VERMILION, mew=0)
        for index in np.flatnonzero(marked & known)[:MAX_NAMES]:
            axes.annotate(
                names[index],
                (number[index], height[index]),
                textcoords="offset points",
                xytext=(0, 5),
                ha="center",
                fontsize=7,
            )
        axes.set_ylim(-0.62, 0.75)
        axes.set_yticks([])
        axes.margins(x=0.08)
        axes.set_xlabel(label)
        for side in ("left", "right", "top"):
            axes.spines[side].set_visible(False)
    return figure


def _add_box(axes: Axes, values: FloatArray) -> None:
    thin = {"color": INK, "linewidth": 0.7}
    axes.boxplot(
        values,
        orientation="horizontal",
        widths=0.62,
        showfliers=False,
        whis=(5, 95),
        positions=[0.0],
        medianprops={"color": INK, "linewidth": 1.6},
        boxprops=thin,
        whiskerprops=thin,
        capprops=thin,
    )
