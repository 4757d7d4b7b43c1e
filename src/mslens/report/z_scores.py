"""Volumes as z-scores for age, sex and head size, as the group report shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mslens.report.group_rows import MAX_ROWS
from mslens.report.outcomes import Outcome
from mslens.report.redaction import redact
from mslens.report.session import session_order
from mslens.report.tables import read_number, read_rows

#: Measures that are shown, in this order: column of ``group_volumes.tsv`` -> head of the column.
SHOWN_MEASURES = {
    "brain": "Brain",
    "gm": "GM",
    "wm": "WM",
    "csf": "CSF",
    "nawm": "NAWM",
    "region_Thalamus_L": "Thalamus L",
    "region_Thalamus_R": "Thalamus R",
    "region_Hippocampus_L": "Hippocampus L",
    "region_Hippocampus_R": "Hippocampus R",
}
#: One healthy person in twenty lies beyond it in each measure.
FAR_Z = 2.0


@dataclass(frozen=True)
class ZScore:
    """One measure of one session against its norm.

    Parameters
    ----------
    name : str
        ``sub-01 ses-2``.
    measure : str
        Column of ``group_volumes.tsv``.
    z : float
    n_controls : int or None
        Controls that the norm was fitted on; None for given norms.
    """

    name: str
    measure: str
    z: float
    n_controls: int | None


def read_z_scores(path: Path) -> list[ZScore]:
    """Read ``group_zscores.tsv``; a row without a score is left out.

    Raises
    ------
    TableError
        If the file cannot be read or a column is missing.
    """
    scores = []
    for row in read_rows(path, needed=("participant_id", "session_id", "measure", "z")):
        z, controls = read_number(row, "z"), read_number(row, "n_controls")
        if z is not None:
            name = " ".join(part for part in (row["participant_id"], row["session_id"]) if part)
            count = None if controls is None else round(controls)
            scores.append(ZScore(name, row["measure"], z, count))
    return scores


def describe_z_basis(outcomes: Sequence[Outcome]) -> str:
    """Say what the z-scores are based on, or why there are none; empty when nothing is known."""
    remarks = [str(o.facts["z_scores"]) for o in outcomes if "z_scores" in o.facts]
    text = redact(" ".join(remarks)).strip()
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


def arrange_z_scores(scores: Sequence[ZScore]) -> dict[str, Any]:
    """Put the scores of `SHOWN_MEASURES` into a table, one row per session.

    Returns
    -------
    dict
        ``heads``; at most `MAX_ROWS` ``rows`` of ``name`` and ``cells`` (``z``, NaN where
        unknown, and ``far``);
        ``controls``, the fewest and most behind a norm, None where all norms were given;
        ``measures``, how many were scored, shown or not.
    """
    found = {(score.name, score.measure): score.z for score in scores}
    shown = [name for name in SHOWN_MEASURES if any(score.measure == name for score in scores)]
    names = sorted({score.name for score in scores}, key=session_order)[:MAX_ROWS]
    counts = [score.n_controls for score in scores if score.n_controls is not None]
    rows = []
    for name in names:
        values = [found.get((name, measure), math.nan) for measure in shown]
        cells = [{"z": value, "far": abs(value) > FAR_Z} for value in values]
        rows.append({"name": name, "cells": cells})
    return {
        "heads": [SHOWN_MEASURES[measure] for measure in shown],
        "rows": rows,
        "controls": (min(counts), max(counts)) if counts else None,
        "measures": len({score.measure for score in scores}),
        "far_z": FAR_Z,
    }
