"""Table 1: the sites side by side, with the tests of the paper and its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import InputError
from mslens.stats.ancova import compare_adjusted
from mslens.stats.means import compare_means
from mslens.stats.medians import compare_medians
from mslens.stats.proportions import compare_counts
from mslens.studies.edss_radiomics.courses import write_median
from mslens.studies.edss_radiomics.paper import load_paper
from mslens.studies.edss_radiomics.volumes import BRAIN, LESION_LOAD, choose_volumes, find_column

Row = dict[str, Any]
Floats = npt.NDArray[np.float64]
#: Column, label of the paper's table, how it is written, how it is tested.
_MEANS = (
    ("age", "age", "Age (years)"),
    ("disease_duration_years", "duration", "Disease duration (years)"),
)
_COUNTS = (
    ("sex", "female", "Female sex", "F"),
    ("course", "progressive", "Secondary-progressive course", "SP"),
)
_VOLUMES = (
    (LESION_LOAD, "lesion_load", "Lesion volume (ml)"),
    (BRAIN, "brain", "Whole-brain volume (ml)"),
)


def compare_sites(
    clinical: pd.DataFrame,
    volumes: pd.DataFrame | None,
    at_training: npt.NDArray[np.bool_],
    target: str,
) -> list[Row]:
    """Describe and compare the training site and the others.

    Parameters
    ----------
    clinical : DataFrame
        Included patients.
    volumes : DataFrame or None
        As `StudyInput.volumes`.
    at_training : ndarray of bool, shape (n,)
    target : str

    Returns
    -------
    list of dict
        ``label``, ``first``, ``second``, ``test``, ``p``, ``paper`` (first, second, p).
    """
    rows = []
    for column, key, label in _MEANS:
        if column in clinical.columns:
            values = clinical[column].to_numpy(dtype=float)
            rows.append(_row(key, label, values, at_training, _write_mean, compare_means))
    for column, key, label, level in _COUNTS:
        if column in clinical.columns:
            is_level = (clinical[column] == level).to_numpy()
            rows.append(_row(key, label, is_level, at_training, _write_count, _compare_shares))
    scores = clinical[target].to_numpy(dtype=float)
    label = target.upper() if target == "edss" else target
    rows.append(_row("edss", label, scores, at_training, write_median, compare_medians))
    rows += _compare_volumes(clinical, volumes, at_training)
    return rows


def _row(
    key: str,
    label: str,
    values: Any,
    first: npt.NDArray[np.bool_],
    write: Callable[[Any], str],
    test: Callable[..., Any],
) -> Row:
    row: Row = {"key": key, "label": label, "first": write(values[first]), "second": None}
    row |= {"test": None, "p": None, "paper": _published(key)}
    if first.all():
        return row
    row["second"] = write(values[~first])
    try:
        found = test(values[first], values[~first])
    except InputError as error:
        return {**row, "test": f"not tested: {error.what}"}
    return {**row, "test": found.method, "p": found.p}


def _compare_volumes(
    clinical: pd.DataFrame, volumes: pd.DataFrame | None, first: npt.NDArray[np.bool_]
) -> list[Row]:
    if volumes is None or not {"age", "sex"} <= set(clinical.columns):
        return []
    table = volumes.reindex(clinical.index)
    tiv = choose_volumes(table)[0]
    covariates = [clinical["age"], (clinical["sex"] == "F").astype(float)]
    adjust = np.column_stack([*covariates, *([] if tiv is None else [tiv])]).astype(float)
    words = "ANCOVA for age, sex" + ("" if tiv is None else " and head size")
    rows = []
    for spellings, key, label in _VOLUMES:
        name = find_column(table, spellings)
        if name is None or not np.isfinite(table[name]).all() or not np.isfinite(adjust).all():
            continue
        values = table[name].to_numpy(dtype=float)
        row = _row(key, label, values, first, _write_mean, compare_means)
        if not first.all():
            found = compare_adjusted(values, first.astype(str), adjust)
            row |= {"test": words, "p": found.p}
        rows.append(row)
    return rows


def _compare_shares(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> Any:
    return compare_counts((int(first.sum()), first.size), (int(second.sum()), second.size))


def _published(key: str) -> list[Any]:
    table = load_paper()["table1"]
    return [table["site1"][key], table["site2"][key], table["p"][key]]


def _write_mean(values: Floats) -> str:
    return f"{values.mean():.1f} (SD, {values.std(ddof=1):.1f})"


def _write_count(values: npt.NDArray[np.bool_]) -> str:
    return f"{int(values.sum())} ({100 * values.mean():.1f})"
