"""The step that assesses robustness over the parts of several subjects and measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mslens.core.errors import TableError
from mslens.core.features import VAR_COLUMNS, FeatureTable
from mslens.io.feature_files import read_part_values, write_table
from mslens.io.tables import ColumnDescription, write_tsv
from mslens.radiomics.cohort_store import fill_row, join_columns
from mslens.radiomics.robustness import RobustnessSettings, assess_robustness, share_robust

Files = Mapping[str, Path]
Flags = list[dict[str, str]]

#: Dictionary of the table of robust shares.
SUMMARY_COLUMNS = {
    "roi": ColumnDescription("Region"),
    "feature_class": ColumnDescription("Class of the features"),
    "features": ColumnDescription("Features that count"),
    "robust": ColumnDescription("Features whose ICC reaches the threshold"),
    "share": ColumnDescription("Robust share of the features"),
    "median_icc": ColumnDescription("Median intraclass correlation"),
}


def assess_parts(inputs: Files, outputs: Files, settings: RobustnessSettings) -> dict[str, Any]:
    """Assess robustness over parts of several subjects and measurements.

    Input roles are ``measurement/subject`` (``"rotation-2/sub-01"``), all optional: a subject
    without all measurements is left out by name. Outputs ``table`` (Parquet, one row per feature)
    and ``summary`` (TSV, share by region and class).
    """
    cells = {tuple(role.split("/", 1)): path for role, path in inputs.items()}
    names = list(dict.fromkeys(cell[0] for cell in cells))
    everyone = list(dict.fromkeys(cell[-1] for cell in cells))
    subjects = [s for s in everyone if all((m, s) in cells for m in names)]
    flags = _flag_subjects(subjects, [s for s in everyone if s not in subjects])
    if len(names) < 2 or len(subjects) < 2:
        raise TableError(
            f"{len(subjects)} subjects have all of {len(names)} measurements",
            expected="at least two measurements of at least two subjects",
            cure="Look for the measurements that failed",
        )
    assessed = assess_robustness(_stack(cells, names, subjects), settings=settings)
    summary = share_robust(assessed, by=("roi", "feature_class"), settings=settings)
    counts = {"subjects": len(subjects), "measurements": len(names)}
    write_table(outputs["table"], assessed.assign(**counts))
    write_tsv(outputs["summary"], summary, columns=SUMMARY_COLUMNS)
    counted = assessed[~assessed["feature_class"].isin(settings.leave_out)]
    return {
        "subjects": len(subjects),
        "measurements": names,
        "form": settings.form,
        "threshold": settings.threshold,
        "features": len(counted),
        "robust": int(counted["robust"].sum()),
        "undefined": int((counted["reason"] != "").sum()),
        "flags": flags,
    }


#: With fewer subjects the estimate of an ICC says little.
_FEW_SUBJECTS = 10


def _flag_subjects(subjects: Sequence[str], left_out: Sequence[str]) -> Flags:
    flags = []
    if left_out:
        message = f"{len(left_out)} subjects lack a measurement: {', '.join(left_out)}."
        flags.append({"level": "warning", "message": message})
    if len(subjects) < _FEW_SUBJECTS:
        message = f"An ICC of {len(subjects)} subjects is imprecise: go by its lower limit."
        flags.append({"level": "warning", "message": message})
    return flags


def _stack(
    cells: Mapping[tuple[str, ...], Path], names: Sequence[str], subjects: Sequence[str]
) -> list[FeatureTable]:
    """Load one table per measurement, all with the same rows and columns."""
    columns, _, first = join_columns([cells[m, s] for s in subjects for m in names])
    var = pd.DataFrame(list(columns), columns=list(VAR_COLUMNS))
    obs = pd.DataFrame({"participant_id": list(subjects), "session_id": ""})
    return [
        FeatureTable(
            np.stack([fill_row(read_part_values(cells[m, s]), columns, first) for s in subjects]),
            obs,
            var,
        )
        for m in names
    ]
