"""What is true of simulated people, as the group report shows it beside the estimates."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mslens.report.redaction import redact
from mslens.report.tables import read_rows

#: Columns of the sessions' table that are shown as they are: name -> head of the column.
SHOWN_SCORES = {
    "dice_brain": "Brain",
    "dice_gm": "GM",
    "dice_wm": "WM",
    "dice_lesion": "Lesions",
    "jacobian_r": "Log-Jacobian, r",
}
_IDS = ("participant_id", "session_id")


@dataclass(frozen=True)
class SummaryRow:
    """One score over all sessions.

    Parameters
    ----------
    label : str
    value, worst, asked : float
        NaN where there is none.
    count : int
        Sessions, lesions or regions behind the value.
    """

    label: str
    value: float
    worst: float
    asked: float
    count: int

    @property
    def is_reached(self) -> bool | None:
        """Whether the value is at least what is asked; None where nothing is asked."""
        return None if math.isnan(self.asked) else self.value >= self.asked


@dataclass(frozen=True)
class Truth:
    """Scores of every session and over all.

    Parameters
    ----------
    sessions : mapping of (subject, session or None) to mapping of str to float
        Labels without ``sub-`` and ``ses-``; columns of the table of sessions.
    summary : sequence of SummaryRow
    """

    sessions: Mapping[tuple[str, str | None], Mapping[str, float]]
    summary: Sequence[SummaryRow]

    def true_value(self, subject: str, session: str | None, column: str) -> float:
        """Return what is true of a column of the group's table, NaN where it is not known."""
        return self.sessions.get((subject, session), {}).get(f"true_{column}", math.nan)

    def context(self) -> dict[str, Any]:
        """Return what the page shows: heads, a row per session, the summary."""
        rows = [
            {
                "name": f"sub-{subject}" if session is None else f"sub-{subject} ses-{session}",
                "scores": [values.get(name, math.nan) for name in SHOWN_SCORES],
                "lesions": _share(values, "lesions_detected", "lesions_true"),
                "false": values.get("false_positives", math.nan),
                "locations": _share(values, "locations_equal", "locations_compared"),
            }
            for (subject, session), values in self.sessions.items()
        ]
        return {"heads": list(SHOWN_SCORES.values()), "rows": rows, "summary": self.summary}


def read_truth(sessions: Path, summary: Path) -> Truth:
    """Read the tables that a comparison with the truth has left.

    Parameters
    ----------
    sessions, summary : Path
        ``group_truth.tsv`` and ``group_truth_summary.tsv``.

    Raises
    ------
    TableError
        If a file cannot be read or lacks a column.
    """
    found = {}
    for row in read_rows(sessions, needed=_IDS):
        subject, session = (row.pop(name) for name in _IDS)
        label = session.removeprefix("ses-") or None
        found[subject.removeprefix("sub-"), label] = {k: _number(v) for k, v in row.items()}
    lines = [
        SummaryRow(
            label=redact(row["label"]),
            value=_number(row["value"]),
            worst=_number(row["worst"]),
            asked=_number(row["asked"]),
            count=round(_number(row["n"])),
        )
        for row in read_rows(summary, needed=("label", "value", "worst", "asked", "n"))
    ]
    return Truth(found, lines)


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def _share(values: Mapping[str, float], part: str, whole: str) -> str:
    numbers = [values.get(name, math.nan) for name in (part, whole)]
    if not all(math.isfinite(number) for number in numbers):
        return "–"
    return " of ".join(f"{number:.0f}" for number in numbers)
