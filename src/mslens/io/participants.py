"""The people of a dataset: ``participants.tsv``, ``sessions.tsv`` and ``phenotype/``.

Source: the BIDS specification 1.10, "Data summary files" and "Phenotypic and assessment data".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from mslens.core.errors import TableError
from mslens.io.clinical import TableProblem, parse_clinical, rename_clinical
from mslens.io.tables import read_tsv

_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class ParticipantsTable:
    """A clinical table, read as far as it can be.

    Parameters
    ----------
    table : DataFrame
        Indexed by participant label without ``sub-``; clinical columns have mslens' names.
    problems : tuple of TableProblem
        What was left out of it.
    """

    table: pd.DataFrame
    problems: tuple[TableProblem, ...]


def read_participants(path: Path, *, columns: Mapping[str, str] = _NO_COLUMNS) -> pd.DataFrame:
    """Read ``participants.tsv``, or fail with the first thing that is wrong in it.

    Parameters
    ----------
    path : Path
    columns : Mapping of str to str
        mslens' column name to the user's (see `mslens.io.clinical`).

    Returns
    -------
    DataFrame
        Indexed by participant label without ``sub-``, sorted; clinical columns are numbers,
        levels and ISO dates, missing values NaN.

    Raises
    ------
    TableError
        If the table cannot be read (see `read_tsv`), has no column ``participant_id``, an empty
        or repeated participant, or a value that cannot be used (its rows are named).
    """
    survey = survey_participants(path, columns=columns)
    if survey.problems:
        first = survey.problems[0]
        raise TableError(
            first.describe(), where=path, cure="Correct the table; 'mslens check' lists everything"
        )
    return survey.table


def survey_participants(
    path: Path, *, columns: Mapping[str, str] = _NO_COLUMNS
) -> ParticipantsTable:
    """Read ``participants.tsv`` as far as possible and report what was left out.

    A participant that stands twice with different values is left out, since no row can be
    trusted; equal rows count once.

    Parameters
    ----------
    path : Path
    columns : Mapping of str to str

    Returns
    -------
    ParticipantsTable

    Raises
    ------
    TableError
        If the table cannot be read at all or has no column ``participant_id``.
    """
    text, problems = _indexed(read_tsv(path), "participant_id", "sub-", path)
    text, duplicates = _without_duplicates(text)
    table, unusable = parse_clinical(rename_clinical(text, columns))
    return ParticipantsTable(table.sort_index(), (*problems, *duplicates, *unusable))


def compare_with_folders(table: pd.DataFrame, subjects: Iterable[str]) -> tuple[TableProblem, ...]:
    """Report participants of the table without a folder, and the reverse.

    Parameters
    ----------
    table : DataFrame
        As `read_participants` returns it.
    subjects : iterable of str
        Labels of the subject folders.
    """
    listed, there = {str(label) for label in table.index}, set(subjects)
    pairs = (
        ("in the participants table but without a folder", listed - there),
        ("with a folder but not in the participants table", there - listed),
    )
    return tuple(
        TableProblem(f"{len(labels)} participant(s) {what}", tuple(sorted(labels)))
        for what, labels in pairs
        if labels
    )


def survey_sessions(path: Path, *, columns: Mapping[str, str] = _NO_COLUMNS) -> ParticipantsTable:
    """Read a subject's ``sessions.tsv`` as `survey_participants` reads the participants.

    Parameters
    ----------
    path : Path
    columns : Mapping of str to str
        mslens' column name to the user's; those that this table lacks are passed over.

    Returns
    -------
    ParticipantsTable
        Indexed by session label without ``ses-``.

    Raises
    ------
    TableError
        If the table cannot be read or has no column ``session_id``.
    """
    text, problems = _indexed(read_tsv(path), "session_id", "ses-", path)
    text, duplicates = _without_duplicates(text)
    present = {ours: theirs for ours, theirs in columns.items() if theirs in text.columns}
    table, unusable = parse_clinical(rename_clinical(text, present))
    return ParticipantsTable(table.sort_index(), (*problems, *duplicates, *unusable))


def read_phenotype(root: Path) -> dict[str, pd.DataFrame]:
    """Read every table of the ``phenotype`` folder.

    Parameters
    ----------
    root : Path
        Of the dataset.

    Returns
    -------
    dict of str to DataFrame
        Name of the file without extension to its text, indexed by participant label (a
        participant may have several rows, one per ``session_id``).

    Raises
    ------
    TableError
        If a table cannot be read or has no column ``participant_id``.
    """
    return {
        path.stem: _indexed(read_tsv(path), "participant_id", "sub-", path)[0]
        for path in sorted((root / "phenotype").glob("*.tsv"))
    }


def _indexed(
    text: pd.DataFrame, column: str, prefix: str, path: Path
) -> tuple[pd.DataFrame, list[TableProblem]]:
    if column not in text.columns:
        found = ", ".join(str(name) for name in text.columns)
        raise TableError(
            f"the table has no column '{column}'",
            where=path,
            expected=f"it as the first column; found {found}",
            cure=f"Rename the column that holds the identifiers to '{column}'",
        )
    labels = text[column].str.removeprefix(prefix)
    indexed = text.drop(columns=column).set_index(pd.Index(labels, name=column))
    n_unnamed = int(labels.isna().sum())
    problems = [TableProblem(f"{n_unnamed} row(s) have no {column}")] if n_unnamed else []
    return indexed[labels.notna().to_numpy()], problems


def _without_duplicates(text: pd.DataFrame) -> tuple[pd.DataFrame, list[TableProblem]]:
    distinct = text[~text.reset_index().duplicated().to_numpy()]
    repeated = distinct.index.duplicated(keep=False)
    if not repeated.any():
        return distinct, []
    labels = tuple(sorted({str(label) for label in distinct.index[repeated]}))
    message = f"{len(labels)} identifier(s) stand twice with different values and are left out"
    return distinct[~repeated], [TableProblem(message, labels)]
