"""The step that joins the tables of all subjects."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mslens.core.errors import TableError
from mslens.io.participants import compare_with_folders, survey_participants
from mslens.io.tables import ColumnDescription, read_tsv, write_tsv
from mslens.pipeline.plan import Facts, Files
from mslens.report.session import split_roles, split_subjects
from mslens.studies.run.group_tables import (
    GroupTableSettings,
    join_lesions,
    score_volumes,
    widen_volumes,
)
from mslens.studies.run.quality_table import find_far, join_quality

_IDS = {
    "participant_id": ColumnDescription("Participant"),
    "session_id": ColumnDescription("Session, n/a in a dataset without sessions"),
}
_Z_SCORES = {
    **_IDS,
    "measure": ColumnDescription("Column of group_volumes.tsv"),
    "z": ColumnDescription("(value - expected for age, sex and head size) / spread of controls"),
    "expected_spread": ColumnDescription("Robust standard deviation of the controls' residuals"),
    "n_controls": ColumnDescription("Controls that the norm was fitted on, n/a for given norms"),
}
_QUALITY = {
    "image": ColumnDescription("What was measured"),
    "measure": ColumnDescription("See quality.tsv"),
    "value": ColumnDescription("See quality.tsv"),
    "limit": ColumnDescription("Limit beyond which the image is flagged"),
    "flagged": ColumnDescription("1 where the value is beyond the limit"),
    "robust_z": ColumnDescription("(value - median) / (1.4826 MAD) over the cohort"),
}
Tables = dict[tuple[str, str | None], pd.DataFrame]


def write_group_tables(inputs: Files, outputs: Files, settings: GroupTableSettings) -> Facts:
    """Join the tables of all sessions and score the volumes.

    Parameters
    ----------
    inputs : mapping of str to Path
        Per session ``sub-X:ses-Y:volumes``, ``sub-X:ses-Y:lesion_table`` and
        ``sub-X:ses-Y:change_table`` and ``sub-X:ses-Y:quality``, and ``participants``. Every
        role is optional.
    outputs : mapping of str to Path
        ``volumes``, ``lesions``, ``changes``, ``quality``, ``z_scores``.
    settings : GroupTableSettings

    Returns
    -------
    dict
        Number of sessions, what the z-scores are based on, and flags for unusable rows.
    """
    flags: list[dict[str, str]] = []
    long = _collect(inputs, "volumes")
    volumes = widen_volumes({key: _numeric(table, ["value"]) for key, table in long.items()})
    write_tsv(outputs["volumes"], volumes, columns=_describe_volumes(long, volumes))
    lesions = join_lesions(
        {
            k: _numeric(t, [str(name) for name in t.columns])
            for k, t in _collect(inputs, "lesion_table").items()
        }
    )
    described = {
        str(name): ColumnDescription(f"See lesions.tsv: {name}") for name in lesions.columns
    }
    write_tsv(outputs["lesions"], lesions, columns={**described, **_IDS})
    changes = join_lesions(
        {
            key: _numeric(table, [str(name) for name in table.columns])
            for key, table in _collect(inputs, "change_table").items()
        }
    )
    described = {
        str(name): ColumnDescription(f"See lesionchanges.tsv: {name}") for name in changes.columns
    }
    write_tsv(outputs["changes"], changes, columns={**described, **_IDS})
    quality = join_quality(_collect(inputs, "quality"))
    write_tsv(outputs["quality"], quality, columns={**_IDS, **_QUALITY})
    flags += [{"level": "warning", "message": text} for text in find_far(quality)]
    people = _read_people(inputs.get("participants"), settings, list(long), flags)
    measures = _scored(long, volumes, settings.unit)
    scores, remark = score_volumes(volumes, people, measures, settings)
    write_tsv(outputs["z_scores"], scores, columns=_Z_SCORES)
    return {"sessions": len(volumes), "z_scores": remark, "flags": flags}


def _collect(inputs: Files, role: str) -> Tables:
    return {
        (subject, session): read_tsv(roles[role])
        for subject, files in split_subjects(inputs).items()
        for session, roles in split_roles(files).items()
        if role in roles
    }


def _numeric(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Turn the columns that hold nothing but numbers into numbers."""
    converted = table.copy()
    for name in names:
        numbers = pd.to_numeric(table[name], errors="coerce")
        if numbers.notna().sum() == table[name].notna().sum():
            converted[name] = numbers
    return converted


def _describe_volumes(long: Tables, volumes: pd.DataFrame) -> dict[str, ColumnDescription]:
    found: dict[str, ColumnDescription] = {}
    for table in long.values():
        for row in table.to_dict("records"):
            region = row["region"]
            missing = not isinstance(region, str)
            name = str(row["measure"]) if missing else f"{row['measure']}_{region}"
            found.setdefault(name, ColumnDescription(str(row["method"]), units=str(row["unit"])))
    names = [str(name) for name in volumes.columns]
    return {name: _IDS.get(name) or found[name] for name in names}


def _scored(long: Tables, volumes: pd.DataFrame, unit: str) -> list[str]:
    described = _describe_volumes(long, volumes)
    return [
        name
        for name, column in described.items()
        if column.units == unit and not name.startswith("lesion")
    ]


def _read_people(
    path: Path | None,
    settings: GroupTableSettings,
    sessions: list[tuple[str, str | None]],
    flags: list[dict[str, str]],
) -> pd.DataFrame | None:
    if path is None:
        return None
    try:
        survey = survey_participants(path, columns=settings.columns)
    except TableError as error:
        flags.append({"level": "error", "message": f"participants.tsv: {error.what}"})
        return None
    found = compare_with_folders(survey.table, {subject for subject, _ in sessions})
    flags += [
        {"level": "warning", "message": f"participants.tsv: {problem.describe()}"}
        for problem in (*survey.problems, *found)
    ]
    return survey.table
