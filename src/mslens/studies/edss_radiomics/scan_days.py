"""The days on which sessions were scanned, as a BIDS dataset says them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mslens.core.errors import MslensError
from mslens.io.tables import read_tsv

#: Participant and session, both without their prefix; "" without sessions.
Visit = tuple[str, str]
_DAY_COLUMNS = ("acq_time", "scan_date", "date_of_scan", "mri_date")


def read_scan_days(dataset: Path, people: Iterable[str]) -> dict[Visit, str]:
    """Read the day of each session's scan from ``sessions.tsv``, else from ``scans.tsv``.

    Parameters
    ----------
    dataset : Path
    people : iterable of str
        Participants without ``sub-``.

    Returns
    -------
    dict
        Participant and session -> ISO date; sessions without one are missing.
    """
    days: dict[Visit, str] = {}
    for person in people:
        folder = dataset / f"sub-{person}"
        for path in sorted(folder.glob("ses-*/*_scans.tsv")):
            day = _first_day(_read(path))
            if day is not None:
                days[person, path.parent.name.removeprefix("ses-")] = day
        table = _read(folder / f"sub-{person}_sessions.tsv")
        if "session_id" in table.columns:
            sessions = table["session_id"].astype(str).str.removeprefix("ses-")
            known = zip(sessions, _days(table), strict=True)
            days |= {(person, session): day for session, day in known if isinstance(day, str)}
    return days


def _first_day(scans: pd.DataFrame) -> str | None:
    """Day of the T1w of a session, else of its first file."""
    if "filename" in scans.columns:
        is_t1w = scans["filename"].astype(str).str.contains("T1w")
        scans = scans[is_t1w] if is_t1w.any() else scans
    return next((day for day in _days(scans) if isinstance(day, str)), None)


def _read(path: Path) -> pd.DataFrame:
    try:
        return read_tsv(path) if path.is_file() else pd.DataFrame()
    except MslensError:
        # Days only help to find repeats; 'mslens run' has named the broken table already.
        return pd.DataFrame()


def _days(table: pd.DataFrame) -> pd.Series[str]:
    column = next((name for name in _DAY_COLUMNS if name in table.columns), None)
    if column is None:
        return pd.Series([None] * len(table), index=table.index, dtype=object)
    days = pd.to_datetime(table[column], errors="coerce", format="ISO8601")
    return days.dt.strftime("%Y-%m-%d").astype(object).where(days.notna(), None)
