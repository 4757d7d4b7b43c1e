"""Tables of regions on disk: the ones that mslens writes, and those that users bring."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import cast, get_args

import pandas as pd

from mslens.core.errors import MslensError, TableError
from mslens.image.parcel_names import Group, Hemisphere, Lobe, Region
from mslens.io.files import read_bytes
from mslens.io.tables import ColumnDescription, read_tsv, write_tsv
from mslens.segment.formats.lookup_text import parse_lookup

COLUMNS = {
    "index": ColumnDescription("Value in the label map"),
    "name": ColumnDescription("Name of the region"),
    "abbreviation": ColumnDescription("Short name"),
    "hemisphere": ColumnDescription("left, right or midline"),
    "group": ColumnDescription("Kind of region that the location rule and the volumes go by"),
    "lobe": ColumnDescription("Lobe or system"),
    "in_aal116": ColumnDescription("One of the 116 regions of the AAL list"),
    "in_set114": ColumnDescription("One of the 114 regions for volumes and radiomics"),
}


def write_regions(path: Path, regions: Iterable[Region]) -> None:
    """Write the regions of a label map, one row each."""
    table = pd.DataFrame([asdict(region) for region in regions], columns=list(COLUMNS))
    write_tsv(path, table, columns=COLUMNS)


def read_regions(path: Path) -> list[Region]:
    """Read a table that `write_regions` wrote.

    Raises
    ------
    TableError
        If a column is missing or a value is not one of the known ones.
    """
    table = read_tsv(path)
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise TableError(f"the table has no column {', '.join(missing)}", where=path)
    rows = table[list(COLUMNS)].fillna("").to_numpy().tolist()
    return [_region(dict(zip(COLUMNS, row, strict=True)), path) for row in rows]


def _region(row: dict[str, str], path: Path) -> Region:
    for column, known in (("hemisphere", Hemisphere), ("group", Group), ("lobe", Lobe)):
        if row[column] not in get_args(known):
            raise TableError(
                f"{column} is '{row[column]}'",
                where=path,
                expected=f"one of {', '.join(get_args(known))}",
            )
    if not row["index"].isdigit():
        raise TableError(f"index is '{row['index']}'", where=path, expected="a label number")
    return Region(
        int(row["index"]),
        row["name"],
        row["abbreviation"],
        cast("Hemisphere", row["hemisphere"]),
        cast("Group", row["group"]),
        cast("Lobe", row["lobe"]),
        row["in_aal116"] == "true",
        row["in_set114"] == "true",
    )


def read_lookup(path: Path) -> dict[int, str]:
    """Read a user's table of label numbers and names, in any form of `parse_lookup`.

    Raises
    ------
    TableError
        If the file cannot be read or holds no names.
    """
    text = read_bytes(path, error=TableError).decode("utf-8", errors="replace")
    try:
        return parse_lookup(text)
    except MslensError as error:
        raise TableError(
            error.what, where=path, expected=error.expected, cure=error.cure
        ) from error
