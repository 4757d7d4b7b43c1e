"""The columns of the clinical table: their names, units, ranges and levels.

A user's own column names are mapped in the settings; common spellings are recognised.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from mslens.core.errors import TableError, UnknownName


@dataclass(frozen=True)
class ClinicalColumn:
    """One column that mslens understands.

    Parameters
    ----------
    description : str
    units : str, optional
    spellings : tuple of str
        Other column names that are taken for this one, in lower case.
    limits : tuple of float, optional
        Smallest and largest number that is possible; makes the column numeric.
    levels : Mapping of str to tuple of str
        Value to its other spellings in lower case; makes the column categorical.
    is_date : bool
        Dates as YYYY-MM-DD.
    """

    description: str
    units: str | None = None
    spellings: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_date: bool = False


@dataclass(frozen=True)
class TableProblem:
    """Something in a clinical table that was left out, and whose it is.

    Parameters
    ----------
    message : str
        In words; names no person.
    labels : tuple of str
        Participants (or sessions) concerned; empty when it concerns the whole table.
    column : str, optional
    """

    message: str
    labels: tuple[str, ...] = ()
    column: str | None = None

    def describe(self, *, prefix: str = "sub-") -> str:
        """Message with the rows named, for the terminal."""
        if not self.labels:
            return self.message
        shown = ", ".join(f"{prefix}{label}" for label in self.labels[:10])
        more = len(self.labels) - 10
        return f"{self.message}: {shown}" + (f" and {more} more" if more > 0 else "")


CLINICAL_COLUMNS: Mapping[str, ClinicalColumn] = MappingProxyType(
    {
        "age": ClinicalColumn(
            "Age at the scan", "years", ("age_years", "age_at_scan"), limits=(0, 120)
        ),
        "sex": ClinicalColumn(
            "Sex",
            spellings=("gender",),
            levels={"F": ("f", "female", "woman"), "M": ("m", "male", "man"), "O": ("o", "other")},
        ),
        "group": ClinicalColumn(
            "Patient or control",
            spellings=("diagnosis", "cohort"),
            levels={
                "patient": ("patient", "patients", "ms", "pat", "pwms", "case"),
                "control": ("control", "controls", "hc", "healthy", "healthy control", "ctrl"),
            },
        ),
        "course": ClinicalColumn(
            "Course of the disease",
            spellings=("ms_type", "ms_course", "phenotype", "disease_course", "subtype"),
            levels={
                "CIS": ("cis",),
                "RR": ("rr", "rrms", "relapsing-remitting"),
                "SP": ("sp", "spms", "secondary progressive"),
                "PP": ("pp", "ppms", "primary progressive"),
            },
        ),
        "disease_duration_years": ClinicalColumn(
            "Time since the first symptoms",
            "years",
            ("disease_duration", "duration_years"),
            limits=(0, 100),
        ),
        "edss": ClinicalColumn("Expanded Disability Status Scale", limits=(0, 10)),
        "pdds": ClinicalColumn("Patient-Determined Disease Steps", limits=(0, 8)),
        "site": ClinicalColumn("Site", spellings=("center", "centre", "institution")),
        "scanner": ClinicalColumn("Scanner", spellings=("scanner_model", "mri_scanner")),
        "scan_date": ClinicalColumn(
            "Date of the scan", spellings=("date_of_scan", "mri_date"), is_date=True
        ),
        "examination_date": ClinicalColumn(
            "Date of the clinical examination",
            spellings=("date_of_examination", "edss_date", "visit_date"),
            is_date=True,
        ),
    }
)


def rename_clinical(table: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Give the clinical columns of a table mslens' names.

    Parameters
    ----------
    table : DataFrame
    columns : Mapping of str to str
        mslens' name to the user's, for those that are not recognised by themselves.

    Returns
    -------
    DataFrame
        With the same columns in the same order, some renamed.

    Raises
    ------
    UnknownName
        If a key of `columns` is no clinical column.
    TableError
        If a column named in `columns` is not in the table.
    """
    present = [str(name) for name in table.columns]
    new_names: dict[str, str] = {}
    for ours, theirs in columns.items():
        if ours not in CLINICAL_COLUMNS:
            raise UnknownName.of(ours, CLINICAL_COLUMNS, kind="clinical column")
        if theirs not in present:
            by_lower = {name.lower(): name for name in present}
            close = difflib.get_close_matches(theirs.lower(), by_lower, n=1)
            raise TableError(
                f"the table has no column '{theirs}', which the settings name for '{ours}'",
                expected=f"one of {', '.join(present)}",
                cure=f"Did you mean '{by_lower[close[0]]}'?" if close else None,
            )
        new_names[theirs] = ours
    for ours, column in CLINICAL_COLUMNS.items():
        if ours not in columns and ours not in present:
            found = _recognised(present, (ours, *column.spellings))
            if found is not None and found not in new_names:
                new_names[found] = ours
    return table.rename(columns=new_names)


def _recognised(present: Sequence[str], spellings: Sequence[str]) -> str | None:
    for spelling in spellings:
        for name in present:
            if name.lower().replace(" ", "_") == spelling:
                return name
    return None


def parse_clinical(table: pd.DataFrame) -> tuple[pd.DataFrame, tuple[TableProblem, ...]]:
    """Turn the text of the clinical columns into numbers, levels and dates.

    What cannot be understood, or is impossible, is left out and reported. Other columns become
    numbers where every value is one, and stay text otherwise.

    Parameters
    ----------
    table : DataFrame
        Text, indexed by participant label (see `rename_clinical`).

    Returns
    -------
    table : DataFrame
    problems : tuple of TableProblem
    """
    parsed: dict[str, pd.Series[float] | pd.Series[str]] = {}
    problems: list[TableProblem] = []
    for name in (str(name) for name in table.columns):
        column, text = CLINICAL_COLUMNS.get(name), table[name]
        if column is None:
            numbers = pd.to_numeric(text, errors="coerce")
            parsed[name] = numbers if numbers.notna().equals(text.notna()) else text
            continue
        parsed[name], expected = _understood(text, column)
        lost = text.notna() & parsed[name].isna()
        if lost.any():
            problems.append(_lost(name, text[lost], expected))
    return pd.DataFrame(parsed, index=table.index), tuple(problems)


def _understood(
    text: pd.Series[str], column: ClinicalColumn
) -> tuple[pd.Series[float] | pd.Series[str], str]:
    if column.limits is not None:
        return _numbers(text, column.limits)
    if column.levels:
        return _levels(text, column.levels)
    if column.is_date:
        return _mapped(text, _iso_date), "dates as YYYY-MM-DD"
    return text, "text"


def _lost(name: str, text: pd.Series[str], expected: str) -> TableProblem:
    message = f"{len(text)} value(s) of '{name}' cannot be used, expected {expected}"
    if text.str.fullmatch(r"-?\d+,\d+").any():
        message += " (write decimals with a point, not a comma)"
    return TableProblem(message, tuple(str(label) for label in text.index), name)


def _numbers(text: pd.Series[str], limits: tuple[float, float]) -> tuple[pd.Series[float], str]:
    low, high = limits
    numbers = pd.to_numeric(text, errors="coerce").astype(np.float64)
    return numbers.where(numbers.between(low, high)), f"numbers from {low:g} to {high:g}"


def _levels(
    text: pd.Series[str], levels: Mapping[str, tuple[str, ...]]
) -> tuple[pd.Series[str], str]:
    by_spelling = {spelling: level for level, words in levels.items() for spelling in words}
    return _mapped(text, lambda word: by_spelling.get(word.lower())), ", ".join(levels)


def _mapped(text: pd.Series[str], parse: Callable[[str], str | None]) -> pd.Series[str]:
    values = [None if pd.isna(word) else parse(str(word)) for word in text]
    return pd.Series(values, index=text.index, dtype="str")


def _iso_date(word: str) -> str | None:
    try:
        return datetime.datetime.fromisoformat(word).date().isoformat()
    except ValueError:
        return None
