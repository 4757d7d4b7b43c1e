"""The step that writes the page of a study of robustness."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mslens.core.errors import TableError
from mslens.io.files import write_atomically
from mslens.io.tables import ColumnDescription, write_tsv
from mslens.pipeline.plan import Files
from mslens.report.robustness import RobustnessReportSettings, join_shares, render_robustness

_COLUMNS = {
    "assessment": ColumnDescription("Set of measurements that were compared"),
    "subjects": ColumnDescription("Subjects with all of them"),
    "roi": ColumnDescription("Region"),
    "feature_class": ColumnDescription("Class of the features"),
    "features": ColumnDescription("Features that count"),
    "robust": ColumnDescription("Features whose ICC reaches the threshold"),
    "share": ColumnDescription("Robust share of the features"),
}


def write_robustness_report(
    inputs: Files, outputs: Files, settings: RobustnessReportSettings
) -> dict[str, Any]:
    """Write the page and the table of robust shares.

    Parameters
    ----------
    inputs : mapping of str to Path
        Name of a set of measurements to its ICCs (Parquet); every role is optional.
    outputs : mapping of str to Path
        ``html`` and ``table`` (TSV).
    settings : RobustnessReportSettings

    Raises
    ------
    TableError
        If there is no set at all.
    """
    if not inputs:
        raise TableError("no set of measurements could be judged", cure="See what failed before")
    tables = {name: pd.read_parquet(path) for name, path in inputs.items()}
    shares = join_shares(tables, leave_out=tuple(settings.judge.get("leave_out", ())))
    write_tsv(outputs["table"], shares, columns=_COLUMNS)
    write_atomically(outputs["html"], render_robustness(tables, settings).encode("utf-8"))
    return {"sets": list(tables), "flags": []}
