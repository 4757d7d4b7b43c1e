"""How large the robust share is by class and region, and how a subject differs from a cohort."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.plot.encode import figure_style

#: Height of a row and width of a column in inches.
_ROW_IN, _COLUMN_IN = 0.16, 0.45
#: The same where a hundred of them must fit on a page.
_DENSE_IN = 0.115
#: z-scores beyond this are drawn in the outermost colour.
MAX_Z = 4.0
_MISSING = "#d0d4d8"
#: With more rows than this, letters are small and columns are named at both ends.
_MANY_ROWS = 30


def draw_heat_map(
    values: Array,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    label: str,
    scale: tuple[float, float] = (0.0, 1.0),
    colours: str = "viridis",
    write_values: bool = False,
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
    write_values : bool
        Write every value, a share as percent, into its cell.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If names and values differ in number.
    """
    _require_names(values, rows, columns)
    row_in = 0.24 if write_values else _ROW_IN
    with figure_style():
        height = max(1.9, 1.2 + row_in * len(rows))
        size = (max(4.5, 2.8 + _COLUMN_IN * len(columns)), height)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots()
        image = axes.imshow(
            values, aspect="auto", cmap=colours, vmin=scale[0], vmax=scale[1], interpolation="none"
        )
        axes.set_facecolor(_MISSING)
        axes.set_xticks(range(len(columns)), columns, rotation=40, ha="right")
        axes.set_yticks(range(len(rows)), rows)
        many = len(rows) > _MANY_ROWS
        axes.tick_params(length=0, labelsize=6 if many else 8)
        if many:
            top = axes.secondary_xaxis("top")
            top.set_xticks(range(len(columns)), columns, rotation=40, ha="left")
            top.tick_params(length=0, labelsize=6)
        if write_values:
            _write_shares(axes, values, middle=sum(scale) / 2)
        figure.colorbar(image, ax=axes, label=label, fraction=0.05, pad=0.02)
    return figure


def draw_subject_heat_map(
    z_scores: Array, regions: Sequence[str], features: Sequence[str], classes: Sequence[str]
) -> Figure:
    """Draw regions x features of one subject as z-scores against a cohort, blue low, red high.

    Parameters
    ----------
    z_scores : ndarray, shape (n_regions, n_features)
    regions, features : sequence of str
    classes : sequence of str
        Class of every feature; equal ones stand together and are named once.

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If names and values differ in number.
    """
    _require_names(z_scores, regions, features)
    if len(classes) != len(features):
        raise InputError(f"there are {len(classes)} classes for {len(features)} features")
    figure = _draw_dense(
        z_scores,
        regions,
        features,
        label="robust z against the cohort",
        scale=(-MAX_Z, MAX_Z),
        colours="RdBu_r",
    )
    with figure_style():
        _name_classes(figure.axes[0], classes)
    return figure


def draw_cohort_heat_map(shares: Array, sessions: Sequence[str], regions: Sequence[str]) -> Figure:
    """Draw sessions x regions: which share of a region's features lies far from the cohort.

    Parameters
    ----------
    shares : ndarray, shape (n_sessions, n_regions)
        Between 0 and 1.
    sessions, regions : sequence of str

    Returns
    -------
    Figure

    Raises
    ------
    InputError
        If names and values differ in number.
    """
    _require_names(shares, sessions, regions)
    return _draw_dense(
        shares,
        sessions,
        regions,
        label="share of features far from the cohort",
        scale=(0.0, 0.5),
        colours="viridis",
    )


def _draw_dense(
    values: Array,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    label: str,
    scale: tuple[float, float],
    colours: str,
) -> Figure:
    """Draw a table with a hundred columns or rows, every one named in small letters."""
    with figure_style():
        size = (2.9 + _DENSE_IN * len(columns), 2.0 + _DENSE_IN * len(rows))
        figure = Figure(figsize=(max(5.0, size[0]), max(3.0, size[1])), layout="constrained")
        axes = figure.subplots()
        image = axes.imshow(
            values, aspect="auto", cmap=colours, vmin=scale[0], vmax=scale[1], interpolation="none"
        )
        axes.set_facecolor(_MISSING)
        axes.set_xticks(range(len(columns)), columns, rotation=90)
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(length=0, labelsize=6)
        figure.colorbar(image, ax=axes, label=label, fraction=0.02, pad=0.01, aspect=40)
    return figure


def _name_classes(axes: Axes, classes: Sequence[str]) -> None:
    """Write every class over its columns and draw a line where the next begins."""
    start = 0
    places, names = [], []
    for name, members in itertools.groupby(classes):
        count = len(list(members))
        places.append(start + (count - 1) / 2)
        names.append(name)
        start += count
        if start < len(classes):
            axes.axvline(start - 0.5, color="#57606a", linewidth=0.8)
    top = axes.secondary_xaxis("top")
    top.set_xticks(places, names)
    top.tick_params(length=0, labelsize=8)


def _write_shares(axes: Axes, values: Array, *, middle: float) -> None:
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            if value == value:
                ink = "#ffffff" if value < middle else "#000000"
                axes.text(
                    column, row, f"{100 * value:.0f}", ha="center", va="center", color=ink, size=7
                )


def _require_names(values: Array, rows: Sequence[str], columns: Sequence[str]) -> None:
    if values.shape != (len(rows), len(columns)):
        raise InputError(
            f"the values have shape {values.shape}", expected=f"({len(rows)}, {len(columns)})"
        )
