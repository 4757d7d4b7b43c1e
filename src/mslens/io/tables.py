"""Tab-separated tables as BIDS defines them: text in, repeatable bytes and a dictionary out.

Source: the BIDS specification 1.10, "Tabular files". The clinical tables build on this module:
`mslens.io.participants`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mslens.core.errors import TableError
from mslens.io.files import read_bytes, write_atomically
from mslens.io.sidecars import write_sidecar

MISSING = "n/a"
#: What is read as a missing value, in any case; BIDS itself allows only the first.
MISSING_WORDS = frozenset({"n/a", "", "na", "nan", "none", "null"})
_RESAVE = "Save the table again as tab-separated text in UTF-8"


@dataclass(frozen=True)
class ColumnDescription:
    """What a column holds, for the data dictionary.

    Parameters
    ----------
    description : str
    units : str, optional
    levels : Mapping of str to str
        Value to meaning, for a column of categories.
    significant_digits : int
        Of the numbers written: more would only show rounding noise.
    """

    description: str
    units: str | None = None
    levels: Mapping[str, str] = field(default_factory=dict)
    significant_digits: int = 6


def read_tsv(path: Path) -> pd.DataFrame:
    """Read a tab-separated table as text; missing values become NaN.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame
        Every column is text, in the order of the file.

    Raises
    ------
    TableError
        If the file cannot be read, is not UTF-8, is separated by something else than tabs, has
        no header, a column twice, or rows of another length (they are named by line).
    """
    text = _decoded(path).replace("\r\n", "\n").replace("\r", "\n")
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not lines:
        raise TableError("the table is empty", where=path, expected="a header and rows")
    header = [name.strip() for name in lines[0][1].split("\t")]
    _require_tabs(header, path)
    _require_unique(header, path)
    rows = [[cell.strip() for cell in line.split("\t")] for _, line in lines[1:]]
    widths = zip(lines[1:], rows, strict=True)
    ragged = [number for (number, _), row in widths if len(row) != len(header)]
    if ragged:
        raise TableError(
            f"line {_listed(ragged)} has another number of cells than the header",
            where=path,
            expected=f"{len(header)} cells, separated by single tabs",
            cure=f"Write {MISSING} into empty cells",
        )
    columns = {
        name: [None if row[i].lower() in MISSING_WORDS else row[i] for row in rows]
        for i, name in enumerate(header)
    }
    return pd.DataFrame(columns, columns=pd.Index(header), dtype="str")


def write_tsv(path: Path, table: pd.DataFrame, *, columns: Mapping[str, ColumnDescription]) -> None:
    """Write a table and, beside it as ``.json``, its data dictionary.

    The index is not written. Missing values are written as n/a, numbers with the significant
    digits of their description, truth as true and false. Existing files are replaced.

    Parameters
    ----------
    path : Path
        Ends in ``.tsv``.
    table : DataFrame
    columns : Mapping of str to ColumnDescription
        Exactly the columns of the table, which are written in this order.

    Raises
    ------
    TableError
        If a column is not described, a description has no column, a number is infinite or a
        text holds a tab or a line end.
    OutputError
        If a file cannot be written.
    """
    if path.suffix != ".tsv":
        raise TableError("a table is saved as .tsv", where=path)
    different = set(columns) ^ {str(name) for name in table.columns}
    if different:
        raise TableError(
            f"columns and descriptions differ: {', '.join(sorted(different))}",
            where=path,
            expected="one description for each column",
        )
    cells = [
        [_cell(value, column, path) for value in table[name].tolist()]
        for name, column in columns.items()
    ]
    rows = ["\t".join(columns), *("\t".join(row) for row in zip(*cells, strict=True))]
    write_atomically(path, "\n".join(rows) + "\n")
    write_sidecar(path.with_suffix(".json"), describe_columns(columns))


def describe_columns(columns: Mapping[str, ColumnDescription]) -> dict[str, dict[str, Any]]:
    """Return the data dictionary of a table, as BIDS writes it in JSON."""
    dictionary: dict[str, dict[str, Any]] = {}
    for name, column in columns.items():
        dictionary[name] = {"Description": column.description}
        if column.units is not None:
            dictionary[name]["Units"] = column.units
        if column.levels:
            dictionary[name]["Levels"] = dict(column.levels)
    return dictionary


def _decoded(path: Path) -> str:
    try:
        return read_bytes(path, error=TableError).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TableError("the table is not UTF-8 text", where=path, cure=_RESAVE) from error


def _require_tabs(header: list[str], path: Path) -> None:
    if len(header) > 1:
        return
    for character, name in ((",", "commas"), (";", "semicolons")):
        if character in header[0]:
            raise TableError(
                f"the columns are separated by {name}", where=path, expected="tabs", cure=_RESAVE
            )
    if " " in header[0]:
        raise TableError("the columns are separated by spaces", where=path, expected="tabs")


def _require_unique(header: list[str], path: Path) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice or "" in header:
        found = f"the column '{twice[0]}' stands twice" if twice[:1] > [""] else "no name"
        raise TableError(
            f"the header of the table is wrong: {found}",
            where=path,
            expected="a different name for each column",
        )


def _cell(value: object, column: ColumnDescription, path: Path) -> str:
    if value is None or value is pd.NA or value is pd.NaT:
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        number = float(value)
        if math.isnan(number):
            return MISSING
        if math.isinf(number):
            raise TableError("the table to be saved holds an infinite number", where=path)
        return f"{number + 0.0:.{column.significant_digits}g}"
    text = str(value)
    if any(character in text for character in "\t\n\r"):
        raise TableError("a text of the table to be saved holds a tab or a line end", where=path)
    return text or MISSING


def _listed(numbers: list[int], most: int = 5) -> str:
    shown = ", ".join(str(number) for number in numbers[:most])
    return shown if len(numbers) <= most else f"{shown} and {len(numbers) - most} more"
