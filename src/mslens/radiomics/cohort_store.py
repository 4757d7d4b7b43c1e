"""The cohort on disk: parts of sessions joined into one matrix, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from mslens.core.errors import TableError
from mslens.core.features import OBS_COLUMNS, VAR_COLUMNS, FeatureTable
from mslens.core.settings import Settings
from mslens.io.feature_files import (
    PartValues,
    read_part_values,
    write_feature_part,
    write_table,
)
from mslens.io.sidecars import read_sidecar, write_sidecar
from mslens.radiomics.cohort import MIN_SESSIONS, score_cohort

Files = Mapping[str, Path]

#: Participant and session ("" without sessions) -> the part of that session.
Parts = Mapping[tuple[str, str], Path]
Columns = dict[tuple[str, ...], int]
#: Roles of the files of a cohort.
COHORT_ROLES = ("X", "obs", "var", "features")
_UNSCORED = "no value, or a cohort that does not vary or is too small"


class CohortSettings(Settings):
    """How sessions are compared with the cohort.

    Parameters
    ----------
    min_sessions : int
        With fewer sessions nothing is scored.
    """

    min_sessions: int = Field(default=MIN_SESSIONS, ge=3)


def join_cohort(inputs: Files, outputs: Files, settings: CohortSettings) -> dict[str, Any]:  # noqa: ARG001
    """Join the features of all sessions into one matrix.

    Input roles are ``sub-X`` or ``sub-X:ses-Y``, all optional; outputs ``X`` (.npy), ``obs``,
    ``var`` (.parquet) and ``features`` (.json with the hash of the three).
    """
    parts = {_session_of(role): path for role, path in inputs.items()}
    facts = join_parts(parts, outputs)
    flags = []
    if facts["columns_not_in_all"]:
        flags.append(
            {
                "level": "warning",
                "message": f"{facts['columns_not_in_all']} radiomic features are not in every"
                " session: other regions or other settings.",
            }
        )
    return {**facts, "flags": flags}


def score_sessions(inputs: Files, outputs: Files, settings: CohortSettings) -> dict[str, Any]:
    """Score every feature of every session against the cohort (robust z).

    Inputs ``X``, ``obs``, ``var`` and ``features`` of a cohort; one output role per session,
    ``sub-X`` or ``sub-X:ses-Y``: a part whose values are z-scores.
    """
    sidecar = read_sidecar(inputs["features"])
    features = np.load(inputs["X"], mmap_mode="r")
    obs, var = (pd.read_parquet(inputs[name]) for name in ("obs", "var"))
    scores = score_cohort(features, min_sessions=settings.min_sessions)
    rows = {tuple(row): n for n, row in enumerate(obs[list(OBS_COLUMNS)].to_numpy())}
    for role, path in outputs.items():
        values = scores[rows[_session_of(role)]].astype(np.float64)
        known = np.isfinite(values)
        part = var.assign(label=0, value=values, reason=np.where(known, "", _UNSCORED))
        write_feature_part(path, part)
    return {"sessions": len(obs), "cohort": sidecar.get("sha256"), "flags": []}


def _session_of(role: str) -> tuple[str, str]:
    participant, _, session = role.partition(":")
    return participant, session


def join_parts(parts: Parts, outputs: Mapping[str, Path]) -> dict[str, Any]:
    """Write the cohort of some parts; no more than one part is in memory beside the labels.

    Parameters
    ----------
    parts : mapping of (str, str) to Path
        In the order of the rows.
    outputs : mapping of str to Path
        ``X`` (.npy), ``obs``, ``var`` (.parquet) and ``features`` (.json with the hash).

    Returns
    -------
    dict
        ``sessions``, ``features``, ``missing`` values, and ``columns_not_in_all``: features that
        some part lacks, which is NaN in its row.

    Raises
    ------
    TableError
        If there is no part, one cannot be read, or it names a feature twice.
    """
    if not parts:
        raise TableError("there is no feature table to join")
    columns, shared, first = join_columns(list(parts.values()))
    obs = pd.DataFrame(list(parts), columns=list(OBS_COLUMNS))
    matrix = np.lib.format.open_memmap(  # type: ignore[no-untyped-call]
        outputs["X"], mode="w+", dtype=np.float32, shape=(len(obs), len(columns))
    )
    missing = 0
    for row, path in enumerate(parts.values()):
        line = fill_row(read_part_values(path), columns, first)
        missing += int(np.isnan(line).sum())
        matrix[row] = line
    matrix.flush()
    var = pd.DataFrame(list(columns), columns=list(VAR_COLUMNS))
    write_table(outputs["obs"], obs)
    write_table(outputs["var"], var)
    digest = FeatureTable(matrix, obs, var).digest()
    facts = {
        "sessions": len(obs),
        "features": len(columns),
        "missing": missing,
        "columns_not_in_all": len(columns) - shared,
    }
    write_sidecar(outputs["features"], {**facts, "sha256": digest})
    return facts


def join_columns(paths: Sequence[Path]) -> tuple[Columns, int, PartValues]:
    """Join the columns of all parts in the order in which they are met.

    Returns
    -------
    columns : dict
        `VAR_COLUMNS` of a feature to its number.
    shared : int
        Columns that every part has.
    first : PartValues
        The first part, whose columns come first.
    """
    first = read_part_values(paths[0])
    columns: Columns = {}
    shared: set[tuple[str, ...]] | None = None
    for path in paths:
        found = read_part_values(path)
        if shared is not None and found.same_columns(first):
            continue
        keys = found.column_keys()
        if len(set(keys)) < len(keys):
            raise TableError("the features name the same thing twice", where=path)
        for key in keys:
            columns.setdefault(key, len(columns))
        shared = set(keys) if shared is None else shared & set(keys)
    return columns, len(shared or ()), first


def fill_row(found: PartValues, columns: Columns, first: PartValues) -> npt.NDArray[np.float32]:
    """Lay the values of a part out by `columns`; NaN where it has none."""
    line = np.full(len(columns), np.nan, dtype=np.float32)
    if found.same_columns(first):
        line[: len(found.data)] = found.data
    else:
        line[[columns[key] for key in found.column_keys()]] = found.data
    return line
