"""Tables as users have them: TSV, CSV or Parquet, as text or as numbers."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mslens.core.errors import TableError
from mslens.evaluate.cohort import list_names, read_numbers, require_unique
from mslens.io.files import read_bytes
from mslens.io.tables import MISSING_WORDS

ID = "participant_id"
SESSION = "session_id"
_SEPARATORS = {".tsv": "\t", ".csv": ","}


def read_any_table(path: Path) -> pd.DataFrame:
    """Read a table by its extension; cells of TSV and CSV are text, missing ones NaN.

    Raises
    ------
    TableError
        If the file is missing, of another kind, broken, or has no column ``participant_id``.
    """
    if path.suffix not in (*_SEPARATORS, ".parquet"):
        raise TableError(
            f"a table ending in '{path.suffix}'",
            where=path,
            expected="a file ending in .tsv, .csv or .parquet",
        )
    content = read_bytes(path, error=TableError)
    try:
        if path.suffix == ".parquet":
            table: pd.DataFrame = pq.read_table(pa.BufferReader(content)).to_pandas()
        else:
            table = pd.read_csv(
                io.BytesIO(content),
                sep=_SEPARATORS[path.suffix],
                dtype=str,
                keep_default_na=False,
                encoding="utf-8-sig",
            )
            table = table.mask(table.map(lambda cell: cell.strip().lower() in MISSING_WORDS))
    except (pa.ArrowInvalid, ValueError, pd.errors.ParserError) as error:
        raise TableError(f"the table cannot be read ({error})", where=path) from error
    if ID not in table.columns:
        raise TableError(
            f"the table has no column '{ID}'",
            where=path,
            expected=f"it; found {list_names(table.columns)}",
            cure=f"Rename the column that holds the identifiers to '{ID}'",
        )
    table[ID] = name_participants(table[ID])
    return table


def name_participants(values: pd.Series[str]) -> pd.Series[str]:
    """Write identifiers without ``sub-``."""
    return values.astype(str).str.strip().str.removeprefix("sub-")


def read_measures(path: Path, *, left_out: Collection[tuple[str, str]] = ()) -> pd.DataFrame:
    """Read a wide table of numbers, one row per participant (the first session of each).

    Parameters
    ----------
    path : Path
    left_out : collection of (str, str)
        Participants and sessions that are passed over, without prefixes.

    Returns
    -------
    DataFrame
        float64, indexed by participant label.

    Raises
    ------
    TableError
        If it cannot be read, a participant stands twice or a cell is not a number.
    """
    table = read_any_table(path)
    if SESSION in table.columns:
        sessions = table[SESSION].fillna("").astype(str).str.removeprefix("ses-")
        visits = zip(table[ID], sessions, strict=True)
        table = table[[visit not in left_out for visit in visits]]
        table = table.sort_values([ID, SESSION], na_position="first").drop_duplicates(ID)
    require_unique(table[ID].tolist(), table="table of measures")
    return to_numbers(table.set_index(ID).drop(columns=SESSION, errors="ignore"))


def to_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Turn every column into float64, or raise `TableError` naming participants and cells."""
    people = [str(label) for label in table.index]
    return pd.DataFrame(
        {
            str(name): table[name].to_numpy(dtype=float)
            if pd.api.types.is_numeric_dtype(table[name])
            else read_numbers(
                [None if pd.isna(cell) else cell for cell in table[name]],
                column=str(name),
                participants=people,
            )
            for name in table.columns
        },
        index=table.index,
    )
