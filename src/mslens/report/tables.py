"""The tables of a session as a report needs them: known columns only, numbers checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from mslens.core.errors import TableError
from mslens.image.location import LOCATIONS
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
    contrast : float or None
        Intensity against normal-appearing white matter.
    """

    number: int
    volume_ml: float
    location: str
    centre_mm: tuple[float, float, float] | None = None
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
    z_score : float or None
    """

    name: str
    value: float
    unit: str
    region: str = ""
    z_score: float | None = None


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
    table = _read(path, needed=("lesion", "volume_ml", "location"))
    return [
        Lesion(
            number=int(row["lesion"]),
            volume_ml=float(row["volume_ml"]),
            location=row["location"] if row["location"] in LOCATIONS else OTHER_LOCATION,
            centre_mm=_triple(row, ("x_mm", "y_mm", "z_mm")),
            contrast=_optional(row, "contrast"),
        )
        for row in _rows(table)
    ]


def read_measures(path: Path) -> list[Measure]:
    """Read ``volumes.tsv``; the columns are named in docs/report.md.

    Raises
    ------
    TableError
        If the file cannot be read or a needed column is missing.
    """
    table = _read(path, needed=("measure", "value", "unit"))
    return [
        Measure(
            name=redact(str(row["measure"])),
            value=float(row["value"]),
            unit=redact(str(row["unit"])),
            region=redact(str(row.get("region") or "")),
            z_score=_optional(row, "z_score"),
        )
        for row in _rows(table)
    ]


def read_region_names(path: Path) -> dict[int, str]:
    """Read the names of a label map (columns ``index`` and ``name``).

    Raises
    ------
    TableError
        If the file cannot be read or a column is missing.
    """
    table = _read(path, needed=("index", "name"))
    return {int(row["index"]): redact(str(row["name"])) for row in _rows(table)}


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


def _read(path: Path, *, needed: Sequence[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep="\t", na_values=["n/a"], keep_default_na=True)
    except (OSError, ValueError) as error:
        raise TableError("the table cannot be read", where=path) from error
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise TableError(
            f"the table has no column {', '.join(missing)}",
            where=path,
            expected=", ".join(needed),
        )
    return table


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    filled = table.astype(object).where(table.notna(), None)
    return cast("list[dict[str, Any]]", filled.to_dict(orient="records"))


def _optional(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if not isinstance(value, int | float | np.number):
        return None
    return float(value) if np.isfinite(float(value)) else None


def _triple(
    row: Mapping[str, Any], names: tuple[str, str, str]
) -> tuple[float, float, float] | None:
    x, y, z = (_optional(row, name) for name in names)
    return None if x is None or y is None or z is None else (x, y, z)
