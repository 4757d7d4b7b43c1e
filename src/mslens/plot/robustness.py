"""How large the robust share is by class and region, and how a subject differs from a cohort."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.plot.encode import figure_style

#: Height of a row in inches.
_ROW_IN = 0.16
#: z-scores beyond this are drawn in the outermost colour.
MAX_Z = 4.0


def draw_heat_map(
    values: Array,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    label: str,
    scale: tuple[float, float] = (0.0, 1.0),
    colours: str = "viridis",
) -> Figure:
    """Draw a table of numbers as colours, missing ones in grey.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_columns)
    rows, columns : sequence of str
    label : str
        Of the colour bar, e.g. ``"Robust share of the features"``.
    scale : tuple of 2 float
        Values of the first and the last colour.
    colours : str
        A matplotlib colour map.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If names and values differ in number.
    """
    if values.shape != (len(rows), len(columns)):
        raise InputError(
            f"the values have shape {values.shape}", expected=f"({len(rows)}, {len(columns)})"
        )
    with figure_style():
        height = max(2.0, 1.2 + _ROW_IN * len(rows))
        figure = Figure(figsize=(max(4.5, 2.8 + 0.45 * len(columns)), height))
        axes = figure.subplots()
        image = axes.imshow(
            values, aspect="auto", cmap=colours, vmin=scale[0], vmax=scale[1], interpolation="none"
        )
        axes.set_facecolor("#d0d4d8")
        axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right")
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(length=0, labelsize=6 if len(rows) > 30 else 8)
        figure.colorbar(image, ax=axes, label=label, fraction=0.05, pad=0.02)
        figure.set_layout_engine("constrained")
    return figure


def draw_subject_heat_map(z_scores: Array, rows: Sequence[str], columns: Sequence[str]) -> Figure:
    """Draw features x regions of one subject as z-scores against a cohort, blue low, red high."""
    return draw_heat_map(
        z_scores,
        rows,
        columns,
        label="z-score against the cohort",
        scale=(-MAX_Z, MAX_Z),
        colours="RdBu_r",
    )
