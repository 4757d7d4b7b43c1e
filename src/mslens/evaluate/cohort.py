"""Is a table fit to learn from? Every fault is named with the participants it concerns.

Nothing is dropped here: a check either passes, or raises with a count and the names, so that a
study decides what to leave out and can say so in its inclusion flow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError, TableError

Floats = npt.NDArray[np.float64]
#: Names that a message spells out before it says "and n more".
_SHOWN = 5


def list_names(names: Iterable[object], *, shown: int = _SHOWN) -> str:
    """Join names for a message: the first few, then "and n more"."""
    texts = [str(name) for name in names]
    more = len(texts) - shown
    return ", ".join(texts[:shown]) + (f" and {more} more" if more > 0 else "")


def require_unique(participants: Sequence[Hashable], *, table: str) -> None:
    """Raise `TableError`, naming them, when a participant has more than one row."""
    twice = [name for name, count in Counter(participants).items() if count > 1]
    if twice:
        raise TableError(
            f"{len(twice)} participant(s) stand more than once in the {table}: {list_names(twice)}",
            expected="one row per participant (and session)",
            cure="Remove the repeated rows, or name the column that tells the sessions apart",
        )


@dataclass(frozen=True)
class Match:
    """Participants of two tables.

    Parameters
    ----------
    common : tuple of str
        In the order of the first table.
    only_first, only_second : tuple of str
    """

    common: tuple[str, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def match_participants(
    first: Sequence[str], second: Sequence[str], *, first_table: str, second_table: str
) -> Match:
    """Find the participants that two tables share, and those that only one of them has.

    Raises
    ------
    TableError
        If a participant stands twice in a table, or the tables share nobody; the message
        names examples from both sides.
    """
    require_unique(first, table=first_table)
    require_unique(second, table=second_table)
    in_first, in_second = set(first), set(second)
    match = Match(
        tuple(name for name in first if name in in_second),
        tuple(name for name in first if name not in in_second),
        tuple(name for name in second if name not in in_first),
    )
    if not match.common:
        raise TableError(
            f"no participant of the {first_table} ({list_names(first)}) is in the "
            f"{second_table} ({list_names(second)})",
            cure="Write the ids in the same way in both, e.g. sub-01 everywhere",
        )
    return match


def require_match(match: Match, *, first_table: str, second_table: str) -> None:
    """Raise `TableError`, naming them both ways, when participants are in one table only."""
    parts = [
        f"{len(names)} participant(s) of the {here} are not in the {there}: {list_names(names)}"
        for names, here, there in (
            (match.only_first, first_table, second_table),
            (match.only_second, second_table, first_table),
        )
        if names
    ]
    if parts:
        raise TableError(
            "; ".join(parts),
            expected="the same participants in both",
            cure="Complete the tables, or leave these participants out by name",
        )


def read_numbers(values: Sequence[object], *, column: str, participants: Sequence[str]) -> Floats:
    """Turn a column into float64, NaN where a cell is empty.

    Raises
    ------
    TableError
        If a cell holds text that is not a number; the message names participants and texts.
    """
    numbers, wrong = [], []
    for value, who in zip(values, participants, strict=True):
        text = "" if value is None else str(value).strip()
        try:
            numbers.append(float("nan") if text.lower() in EMPTY_CELLS else float(text))
        except ValueError:
            numbers.append(float("nan"))
            wrong.append(f"{who} ('{text}')")
    if wrong:
        raise TableError(
            f"{len(wrong)} value(s) of '{column}' are not numbers: {list_names(wrong)}",
            expected="numbers, or an empty cell or n/a",
        )
    return np.array(numbers, dtype=np.float64)


#: What counts as an empty cell, in lower case.
EMPTY_CELLS = frozenset({"", "n/a", "na", "nan", "none", "null", "<na>"})


def require_target(values: Array, *, target: str, participants: Sequence[str]) -> Floats:
    """Return the target as float64.

    Raises
    ------
    TableError
        If it is missing or infinite for somebody (named), or the same for all.
    """
    numbers = np.asarray(values, dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        raise TableError(
            f"{bad.size} of {numbers.size} participant(s) have no {target}: "
            f"{list_names(participants[i] for i in bad)}",
            cure=f"Leave them out, or complete the column of {target}",
        )
    if numbers.size and np.ptp(numbers) == 0:
        raise TableError(
            f"{target} is {numbers[0]:g} for all {numbers.size} participants",
            expected="a target that varies",
        )
    return numbers


def require_one_site(patients: Sequence[str], sites: Sequence[str]) -> None:
    """Raise `TableError`, naming them, when a patient was scanned at more than one site."""
    found: dict[str, set[str]] = {}
    for patient, site in zip(patients, sites, strict=True):
        found.setdefault(str(patient), set()).add(str(site))
    both = [f"{who} ({' and '.join(sorted(at))})" for who, at in found.items() if len(at) > 1]
    if both:
        raise TableError(
            f"{len(both)} patient(s) are at more than one site: {list_names(both)}",
            expected="an external site that shares no patient with the training site",
            cure="Keep each patient at one site",
        )


def require_finite_features(
    features: Array, *, columns: Sequence[str], participants: Sequence[str]
) -> None:
    """Raise `TableError` when features are NaN or infinite, naming features and participants.

    Parameters
    ----------
    features : ndarray, shape (n, p)
    columns : sequence of str, length p
    participants : sequence of str, length n
    """
    rows, where = np.zeros(len(participants), dtype=bool), []
    for start in range(0, len(columns), 4096):
        bad = ~np.isfinite(features[:, start : start + 4096])
        rows |= bad.any(axis=1)
        where += (start + np.flatnonzero(bad.any(axis=0))).tolist()
    if where:
        raise TableError(
            f"{len(where)} feature(s) are NaN or infinite ({list_names(columns[i] for i in where)})"
            f" in {int(rows.sum())} participant(s) "
            f"({list_names(participants[i] for i in np.flatnonzero(rows))})",
            cure="Leave these features or participants out, and report how many",
        )


def require_patients(patients: Sequence[Hashable], *, minimum: int, purpose: str) -> int:
    """Return the number of patients, or raise `InputError` when there are fewer than needed."""
    count = len(set(patients))
    if count < minimum:
        raise InputError(
            f"{count} patient(s) are too few {purpose}",
            expected=f"at least {minimum}",
            cure="Collect more patients, or describe these without a model",
        )
    return count
