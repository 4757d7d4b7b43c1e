"""Which sessions of a run are a second measurement of another one.

Two sessions of a participant with the same day of the scan are a scan and its repeat, in the order
of their labels; or the user names the label of the repeats. Repeats serve the stability filter
and nothing else: a participant has one row in the study, so never one in two folds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from mslens.core.errors import InputError
from mslens.core.features import OBS_COLUMNS, FeatureTable
from mslens.evaluate.cohort import list_names
from mslens.studies.edss_radiomics.scan_days import Visit, read_scan_days
from mslens.studies.edss_radiomics.stability import MIN_REPEATED


@dataclass(frozen=True)
class Repeats:
    """What is measured twice.

    Parameters
    ----------
    first_of : dict
        Repeat -> the visit that it repeats; one per participant is used.
    left_out : frozenset
        All repeats: none of them is a row of the study.
    remark : str
        What was found, in words.
    """

    first_of: dict[Visit, Visit] = field(default_factory=dict)
    left_out: frozenset[Visit] = frozenset()
    remark: str = ""


def find_repeats(
    visits: Iterable[Visit], *, label: str | None = None, dataset: Path | None = None
) -> Repeats:
    """Find the repeats among the visits with features.

    Parameters
    ----------
    visits : iterable of (str, str)
    label : str, optional
        Session label of the repeats; without it the days of the scans decide.
    dataset : Path, optional
        With ``sub-X_sessions.tsv`` or ``_scans.tsv``, which hold the days.

    Raises
    ------
    InputError
        If no participant has a session of that label beside another one.
    """
    of_person: dict[str, list[str]] = {}
    for person, session in sorted(set(visits)):
        of_person.setdefault(person, []).append(session)
    several = {person: sessions for person, sessions in of_person.items() if len(sessions) > 1}
    days = {} if dataset is None else read_scan_days(dataset, several)
    if label is not None:
        return _by_label(several, label.removeprefix("ses-"), days)
    return _by_day(several, days)


def split_repeats(table: FeatureTable, repeats: Repeats) -> tuple[FeatureTable, FeatureTable]:
    """Take the repeats, and what they repeat, out of a table, person by person.

    Returns
    -------
    first, second : FeatureTable
        In the same order of participants.
    """
    row_of = {visit: row for row, visit in enumerate(visits_of(table))}
    second = list(repeats.first_of)
    first = [repeats.first_of[visit] for visit in second]
    return tuple(table.take(rows=[row_of[v] for v in part]) for part in (first, second))  # type: ignore[return-value]


def without_repeats(table: FeatureTable, repeats: Repeats) -> FeatureTable:
    """Leave the rows of repeats out."""
    keep = [row for row, visit in enumerate(visits_of(table)) if visit not in repeats.left_out]
    return table if len(keep) == len(table.obs) else table.take(rows=keep)


def visits_of(table: FeatureTable) -> list[Visit]:
    """Participant and session of every row, without prefixes."""
    who, session = (table.obs[name].fillna("").astype(str) for name in OBS_COLUMNS)
    return list(zip(who, session.str.removeprefix("ses-"), strict=True))


def _by_label(several: dict[str, list[str]], label: str, days: dict[Visit, str]) -> Repeats:
    found: dict[Visit, Visit] = {}
    for person, sessions in several.items():
        others = [session for session in sessions if session != label]
        if label in sessions:
            day = days.get((person, label))
            same = [s for s in others if day is not None and days.get((person, s)) == day]
            found[person, label] = (person, (same or others)[0])
    if not found:
        raise InputError(
            f"no participant has features of a session '{label}' and of another one",
            expected="the label of the repeated sessions",
            cure="Correct --repeat-session; sessions are "
            + list_names(sorted({s for sessions in several.values() for s in sessions})),
        )
    remark = f"sessions '{label}' of {len(found)} participant(s) serve as repeats only"
    return Repeats(found, frozenset(found), remark)


def _by_day(several: dict[str, list[str]], days: dict[Visit, str]) -> Repeats:
    found: dict[Visit, Visit] = {}
    left_out: set[Visit] = set()
    for person, sessions in several.items():
        first_on: dict[str, str] = {}
        for session in sessions:
            day = days.get((person, session))
            if day is None:
                continue
            if first_on.setdefault(day, session) != session:
                left_out.add((person, session))
                if person not in {who for who, _ in found}:
                    found[person, session] = (person, first_on[day])
    if not left_out:
        return Repeats()
    people = f"{len(found)} participant(s) were scanned twice in a day"
    if len(found) < MIN_REPEATED:
        few = f"{people}: too few for the stability filter ({MIN_REPEATED} are needed)"
        return Repeats({}, frozenset(left_out), few)
    return Repeats(found, frozenset(left_out), f"{people}: the second scan serves as a repeat only")
