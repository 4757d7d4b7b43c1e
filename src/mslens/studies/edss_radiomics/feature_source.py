"""Radiomic features from wherever they are: a cohort, a folder of parts, a wide or long table."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import TableError
from mslens.core.features import OBS_COLUMNS, VAR_COLUMNS, FeatureTable, stack_rows
from mslens.io.feature_files import load_cohort, part_to_table, read_feature_part
from mslens.studies.edss_radiomics.tables import (
    ID,
    SESSION,
    name_participants,
    read_any_table,
    to_numbers,
)

_PART = re.compile(r"^sub-(?P<subject>[^_]+)(?:_ses-(?P<session>[^_]+))?_features\.parquet$")
#: Name of a feature: ``region.image-type_class_feature``.
_NAME = re.compile(r"^(?P<roi>[^.]+)\.(?P<image>.+)_(?P<group>[^_]+)_(?P<feature>[^_]+)$")


def read_features(path: Path) -> FeatureTable:
    """Read features.

    Parameters
    ----------
    path : Path
        Folder of a cohort (``X.npy``, ``obs.parquet``, ``var.parquet``), folder of
        ``sub-X[_ses-Y]_features.parquet``, or a wide or long table (.parquet, .csv, .tsv) with
        ``participant_id``. Long: with ``feature`` and ``value``, and what else names a feature.

    Returns
    -------
    FeatureTable
        Participants without ``sub-``.

    Raises
    ------
    TableError
        If nothing can be read, a cell is not a number, or a row or feature stands twice.
    """
    if not path.exists():
        raise TableError("there are no such features", where=path, expected="a file or a folder")
    if not path.is_dir():
        table = read_any_table(path)
        long = {"feature", "value"} <= set(table.columns)
        return _from_long(table) if long else _from_wide(table)
    if (path / "X.npy").exists():
        cohort = load_cohort(path)
        obs = cohort.obs.assign(**{ID: name_participants(cohort.obs[ID])})
        return FeatureTable(cohort.X, obs, cohort.var)
    parts = [
        (match, file)
        for file in sorted(path.rglob("*_features.parquet"))
        if (match := _PART.match(file.name))
    ]
    if not parts:
        raise TableError(
            "the folder holds no features",
            where=path,
            expected="X.npy with obs.parquet and var.parquet, or sub-*_features.parquet",
        )
    return stack_rows(
        [
            part_to_table(
                read_feature_part(file),
                participant_id=match["subject"],
                session_id=match["session"] or "",
            )
            for match, file in parts
        ]
    )


def _from_wide(table: pd.DataFrame) -> FeatureTable:
    obs = _rows(table)
    columns = [name for name in table.columns if name not in OBS_COLUMNS]
    if not columns:
        raise TableError("the table holds no feature", expected="a column per feature")
    values = to_numbers(table[columns].set_axis(obs[ID], axis=0))
    var = pd.DataFrame([_split(str(name)) for name in columns], columns=list(VAR_COLUMNS))
    return FeatureTable(values.to_numpy(dtype=np.float32), obs, var)


def _from_long(table: pd.DataFrame) -> FeatureTable:
    keys = [name for name in VAR_COLUMNS if name in table.columns]
    named = table.assign(**{name: table[name].fillna("").astype(str) for name in keys})
    named["value"] = to_numbers(named[["value"]].set_axis(named[ID], axis=0))["value"].to_numpy()
    rows = _rows(table).assign(**{name: named[name].to_numpy() for name in keys})
    if rows.duplicated().any():
        twice = rows.loc[rows.duplicated(), ID].iloc[0]
        raise TableError(f"a feature of {twice} stands twice", expected="one value of each")
    row, obs = _number(rows, list(OBS_COLUMNS))
    column, var = _number(rows, keys)
    values = np.full((len(obs), len(var)), np.nan, dtype=np.float32)
    values[row, column] = named["value"].to_numpy()
    return FeatureTable(values, obs, var.reindex(columns=list(VAR_COLUMNS), fill_value=""))


def _number(table: pd.DataFrame, keys: list[str]) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Give the different values of some columns numbers in the order in which they are met."""
    number = np.asarray(table.groupby(keys, sort=False).ngroup(), dtype=np.intp)
    return number, table[keys].drop_duplicates().reset_index(drop=True)


def _rows(table: pd.DataFrame) -> pd.DataFrame:
    sessions = table[SESSION].fillna("").astype(str) if SESSION in table.columns else ""
    return pd.DataFrame({ID: table[ID].to_numpy(), SESSION: sessions})


def _split(name: str) -> tuple[str, str, str, str, str]:
    match = _NAME.match(name)
    if match is None:
        return ("", "", "", name, "")
    return (match["roi"], match["image"], match["group"], match["feature"], "")


def name_columns(table: FeatureTable) -> list[str]:
    """Name the columns as the user's table did; ``region.image_class_feature`` where known."""
    plain = (table.var["roi"] == "").to_numpy()
    joined = np.array(table.names, dtype=object)
    return np.where(plain, table.var["feature"].to_numpy(dtype=object), joined).tolist()
