"""Features on disk: one long Parquet part per subject; the cohort as a matrix beside its labels.

A part has one row per region, image type and feature. A cohort is ``X.npy`` (float32, can be
memory-mapped) with ``obs.parquet`` and ``var.parquet`` under one hash in ``features.json``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mslens.core.errors import TableError
from mslens.core.features import OBS_COLUMNS, VAR_COLUMNS, FeatureTable
from mslens.io.files import read_bytes, write_atomically
from mslens.io.sidecars import read_sidecar, write_sidecar

#: Columns of a part: what a value describes, the value, and why it is missing.
PART_COLUMNS = ("roi", "label", *VAR_COLUMNS[1:], "value", "reason")


def write_feature_part(path: Path, part: pd.DataFrame, *, settings: str = "") -> None:
    """Write the features of one subject and session.

    Parameters
    ----------
    path : Path
        Ends in ``.parquet``; replaced when it exists.
    part : DataFrame
        Has the columns of `PART_COLUMNS`; ``value`` is float64, ``reason`` is empty where there
        is a value.
    settings : str
        Resolved settings, kept in the file's own metadata.

    Raises
    ------
    TableError
        If a column is missing.
    """
    missing = [name for name in PART_COLUMNS if name not in part.columns]
    if missing:
        raise TableError(f"the features have no column {', '.join(missing)}", where=path)
    arrays = {}
    for name in PART_COLUMNS:
        if name == "value":
            arrays[name] = pa.array(part[name].to_numpy(dtype=np.float64))
        elif name == "label":
            arrays[name] = pa.array(part[name].to_numpy(dtype=np.int32))
        else:
            codes, words = pd.factorize(part[name])
            arrays[name] = pa.DictionaryArray.from_arrays(
                pa.array(codes.astype(np.int32)), pa.array([str(word) for word in words])
            )
    table = pa.table(arrays).replace_schema_metadata({"settings": settings})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    write_atomically(path, buffer.getvalue())


def read_feature_part(path: Path) -> pd.DataFrame:
    """Read a part with the columns of `PART_COLUMNS`.

    Raises
    ------
    TableError
        If the file is missing, is not Parquet or lacks a column.
    """
    content = read_bytes(path, error=TableError)
    try:
        part: pd.DataFrame = pq.read_table(pa.BufferReader(content)).to_pandas()
    except pa.ArrowInvalid as error:
        raise TableError(f"not a Parquet file ({error})", where=path) from error
    missing = [name for name in PART_COLUMNS if name not in part.columns]
    if missing:
        raise TableError(f"the features have no column {', '.join(missing)}", where=path)
    return part


@dataclass(frozen=True, eq=False)
class PartValues:
    """The values of a part and what they describe, without the reasons.

    Parameters
    ----------
    keys : pyarrow.Table
        `VAR_COLUMNS` as dictionaries.
    data : ndarray, shape (n,), float32
    """

    keys: pa.Table
    data: npt.NDArray[np.float32]

    def same_columns(self, other: PartValues) -> bool:
        """Whether both describe the same features in the same order."""
        return bool(self.keys.equals(other.keys))

    def column_keys(self) -> list[tuple[str, ...]]:
        """Return one tuple of `VAR_COLUMNS` per value."""
        return list(zip(*(self.keys[name].to_pylist() for name in VAR_COLUMNS), strict=True))


def read_part_values(path: Path) -> PartValues:
    """Read the values of a part, several times faster than the whole part.

    Raises
    ------
    TableError
        If the file is missing, is not Parquet or lacks a column.
    """
    content = read_bytes(path, error=TableError)
    try:
        table = pq.read_table(pa.BufferReader(content), columns=[*VAR_COLUMNS, "value"])
    except (pa.ArrowInvalid, KeyError) as error:
        raise TableError(f"not a table of features ({error})", where=path) from error
    missing = {*VAR_COLUMNS, "value"} - set(table.column_names)
    if missing:
        raise TableError(f"the features have no column {', '.join(sorted(missing))}", where=path)
    values = table["value"].to_numpy().astype(np.float32)
    return PartValues(table.select(list(VAR_COLUMNS)), values)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write any table as Parquet, atomically."""
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    write_atomically(path, buffer.getvalue())


def part_to_table(part: pd.DataFrame, *, participant_id: str, session_id: str = "") -> FeatureTable:
    """Turn a part into a table of one row."""
    obs = pd.DataFrame([[participant_id, session_id]], columns=list(OBS_COLUMNS))
    var = part[list(VAR_COLUMNS)].astype(str).reset_index(drop=True)
    return FeatureTable(part["value"].to_numpy(dtype=np.float32)[None, :], obs, var)


def save_cohort(
    folder: Path, table: FeatureTable, *, facts: Mapping[str, Any] | None = None
) -> None:
    """Save a cohort; files that are there are replaced."""
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(table.X))
    write_atomically(folder / "X.npy", buffer.getvalue())
    for name, frame in (("obs", table.obs), ("var", table.var)):
        write_table(folder / f"{name}.parquet", frame)
    write_sidecar(folder / "features.json", {**(facts or {}), "sha256": table.digest()})


def load_cohort(folder: Path, *, check: bool = True) -> FeatureTable:
    """Load a cohort with its matrix memory-mapped.

    Parameters
    ----------
    folder : Path
    check : bool
        Compare the hash; reads the whole matrix once.

    Raises
    ------
    TableError
        If a file is missing or broken, or the hash does not fit.
    """
    sidecar = read_sidecar(folder / "features.json")
    try:
        matrix = np.load(folder / "X.npy", mmap_mode="r")
        obs = pd.read_parquet(io.BytesIO(read_bytes(folder / "obs.parquet", error=TableError)))
        var = pd.read_parquet(io.BytesIO(read_bytes(folder / "var.parquet", error=TableError)))
    except (OSError, ValueError) as error:
        if isinstance(error, TableError):
            raise
        raise TableError(f"the feature matrix cannot be read ({error})", where=folder) from error
    table = FeatureTable(matrix, obs, var)
    if check and table.digest() != sidecar.get("sha256"):
        raise TableError(
            "the cohort's files do not belong together",
            where=folder,
            expected="the hash that features.json states",
            cure="Assemble the cohort again from the subjects' parts",
        )
    return table
