"""Predicted against observed values, and what the predictions mean in bins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.plot.encode import INK, figure_style
from mslens.plot.palette import BLUE, VERMILION

_GOLDEN = 0.618033988749895
#: Scores on a scale lie on top of each other: they are spread by this much.
_SPREAD = 0.22


def draw_agreement(
    observed: Array,
    predicted: Array,
    *,
    bins: Sequence[tuple[float, float, float]],
    label: str,
) -> Figure:
    """Draw observed over predicted with the line of identity and the means of bins.

    Parameters
    ----------
    observed, predicted : ndarray, shape (n,)
    bins : sequence of (predicted, observed, standard error)
        Means in bins of the prediction.
    label : str
        Target.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If the two differ in length.
    """
    if len(observed) != len(predicted):
        raise InputError(f"{len(observed)} observed, {len(predicted)} predicted", expected="pairs")
    shift = (np.arange(len(observed)) * _GOLDEN % 1.0 - 0.5) * _SPREAD
    with figure_style():
        figure = Figure(figsize=(3.6, 3.4))
        axes = figure.add_axes((0.15, 0.14, 0.82, 0.83))
        low = float(min(observed.min(), predicted.min())) - 0.3
        high = float(max(observed.max(), predicted.max())) + 0.3
        axes.plot([low, high], [low, high], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.plot(predicted, observed + shift, "o", ms=3.2, mfc=BLUE, mew=0, alpha=0.5)
        for mean, seen, error in bins:
            axes.plot([mean, mean], [seen - 1.96 * error, seen + 1.96 * error], color=VERMILION)
        axes.plot([b[0] for b in bins], [b[1] for b in bins], "s", ms=4.5, mfc=VERMILION, mew=0)
        axes.set_xlabel(f"Predicted {label}")
        axes.set_ylabel(f"Observed {label}")
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.set_aspect("equal")
        for side in ("right", "top"):
            axes.spines[side].set_visible(False)
    return figure
