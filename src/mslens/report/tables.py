"""The tables of a session as a report needs them: known columns only, numbers checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mslens.core.errors import TableError
from mslens.image.location import LOCATIONS
from mslens.io.tables import read_tsv
from mslens.report.redaction import redact

OTHER_LOCATION = "not classified"


@dataclass(frozen=True)
class Lesion:
    """One row of ``lesions.tsv``.

    Parameters
    ----------
    number : int
        Label in the map of instances.
    volume_ml : float
    location : str
        One of `mslens.image.location.LOCATIONS`, else `OTHER_LOCATION`.
    centre_mm : (float, float, float) or None
        World millimetres, RAS+.
    extent_mm : float or None
        Longest extent.
    contrast : float or None
        Intensity over that of the normal white matter around, less 1.
    """

    number: int
    volume_ml: float
    location: str
    centre_mm: tuple[float, float, float] | None = None
    extent_mm: float | None = None
    contrast: float | None = None


@dataclass(frozen=True)
class Measure:
    """One row of ``volumes.tsv``.

    Parameters
    ----------
    name : str
    value : float
    unit : str
    region : str
        Empty for a measure of the whole brain.
    hemisphere : str
        ``left``, ``right``, ``midline`` or empty.
    """

    name: str
    value: float
    unit: str
    region: str = ""
    hemisphere: str = ""


@dataclass(frozen=True)
class LocationLoad:
    """Number and volume of the lesions of a location."""

    location: str
    count: int
    volume_ml: float


def read_lesions(path: Path) -> list[Lesion]:
    """Read ``lesions.tsv``; the columns are named in docs/report.md.

    Raises
    ------
    TableError
        If the file cannot be read or a needed column is missing.
    """
    return [
        Lesion(
            number=round(_number(row, "lesion")),
            volume_ml=_number(row, "volume_ml"),
            location=row["location"] if row["location"] in LOCATIONS else OTHER_LOCATION,
            centre_mm=_triple(row, ("x_mm", "y_mm", "z_mm")),
            extent_mm=read_number(row, "extent_mm"),
            contrast=read_number(row, "contrast"),
        )
        for row in read_rows(path, needed=("lesion", "volume_ml", "location"))
    ]


def read_measures(path: Path) -> list[Measure]:
    """Read ``volumes.tsv``; the columns are named in docs/report.md.

    Raises
    ------
    TableError
        If the file cannot be read or a needed column is missing.
    """
    return [
        Measure(
            name=redact(row["measure"]),
            value=_number(row, "value"),
            unit=redact(row["unit"]),
            region=redact(row.get("region", "")),
            hemisphere=_hemisphere(row),
        )
        for row in read_rows(path, needed=("measure", "value", "unit"))
    ]


def read_region_names(path: Path) -> dict[int, str]:
    """Read the names of a label map (columns ``index`` and ``name``).

    Raises
    ------
    TableError
        If the file cannot be read or a column is missing.
    """
    rows = read_rows(path, needed=("index", "name"))
    return {round(_number(row, "index")): redact(row["name"]) for row in rows}


def sum_by_location(lesions: Sequence[Lesion]) -> list[LocationLoad]:
    """Count and add up lesions by location, every class named even when it is empty."""
    classes: list[str] = [*LOCATIONS]
    if any(lesion.location == OTHER_LOCATION for lesion in lesions):
        classes.append(OTHER_LOCATION)
    loads = []
    for location in classes:
        volumes = [lesion.volume_ml for lesion in lesions if lesion.location == location]
        loads.append(LocationLoad(location, len(volumes), float(sum(volumes))))
    return loads


def read_rows(path: Path, *, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a table as texts, one mapping per row; what is missing is empty.

    Raises
    ------
    TableError
        If the file cannot be read or a needed column is missing.
    """
    table = read_tsv(path)
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise TableError(
            f"the table has no column {', '.join(missing)}",
            where=path,
            expected=", ".join(needed),
        )
    return [
        {str(name): "" if pd.isna(value) else str(value) for name, value in row.items()}
        for row in table.to_dict(orient="records")
    ]


def _hemisphere(row: Mapping[str, str]) -> str:
    side = row.get("hemisphere", "")
    return side if side in ("left", "right", "midline") else ""


def _number(row: Mapping[str, str], name: str) -> float:
    value = read_number(row, name)
    if value is None:
        raise TableError(f"column {name} holds something that is not a number")
    return value


def read_number(row: Mapping[str, str], name: str) -> float | None:
    """Return a finite number of a row, or None."""
    try:
        value = float(row.get(name) or "nan")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _triple(
    row: Mapping[str, str], names: tuple[str, str, str]
) -> tuple[float, float, float] | None:
    x, y, z = (read_number(row, name) for name in names)
    return None if x is None or y is None or z is None else (x, y, z)
