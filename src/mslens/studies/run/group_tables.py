"""Tables of a group: one row per session, and z-scores of volumes for age, sex and head size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from mslens.core.errors import TableError
from mslens.core.settings import Settings
from mslens.segment.norms import Norm, fit_norm, score_norm

IDS = ("participant_id", "session_id")
_HOW_TO_GET_SCORES = (
    "They need people whose group in the table of participants is control, scanned and processed"
    " like the others, or norms in the settings ([group_tables.norms])"
)
_Z_COLUMNS = (*IDS, "measure", "z", "expected_spread", "n_controls")


class GroupTableSettings(Settings):
    """What the z-scores of the group are adjusted for.

    Parameters
    ----------
    covariates : tuple of str
        Of ``age``, ``sex`` and ``tiv``; sex counts as 1 for F and 0 for M.
    unit : str
        Only measures of this unit are scored.
    columns : mapping of str to str
        Name of a clinical column here to its name in ``participants.tsv``.
    norms : mapping of str to mapping
        Given coefficients per measure (``intercept``, ``spread`` and the covariates), in place
        of a fit on controls.
    """

    covariates: tuple[str, ...] = ("age", "sex", "tiv")
    unit: str = "ml"
    columns: dict[str, str] = Field(default_factory=dict)
    norms: dict[str, dict[str, float]] = Field(default_factory=dict)


def widen_volumes(tables: Mapping[tuple[str, str | None], pd.DataFrame]) -> pd.DataFrame:
    """Put the long volume tables of all sessions into one table, a row per session.

    Parameters
    ----------
    tables : mapping
        (subject, session or None) to the session's long table.

    Returns
    -------
    DataFrame
        ``participant_id``, ``session_id`` and a column per measure and region, in the order in
        which they are first met; NaN where a session lacks one.
    """
    rows = []
    for (subject, session), table in tables.items():
        values = {
            _column(str(row["measure"]), row["region"]): float(row["value"])
            for row in table.to_dict("records")
        }
        rows.append({**_ids(subject, session), **values})
    return pd.DataFrame(rows, columns=_first_met(rows) or list(IDS))


def join_lesions(tables: Mapping[tuple[str, str | None], pd.DataFrame]) -> pd.DataFrame:
    """Put the lesion tables of all sessions under each other."""
    named = []
    for (subject, session), table in tables.items():
        ids = _ids(subject, session)
        named.append(table.assign(**ids)[[*IDS, *table.columns]])
    filled = [table for table in named if len(table)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return named[0] if named else pd.DataFrame(columns=list(IDS))


def score_volumes(
    volumes: pd.DataFrame,
    people: pd.DataFrame | None,
    measures: Sequence[str],
    settings: GroupTableSettings,
) -> tuple[pd.DataFrame, str]:
    """Score the volumes of every session against controls or given coefficients.

    Parameters
    ----------
    volumes : DataFrame
        From `widen_volumes`.
    people : DataFrame or None
        Clinical table indexed by participant label; None when there is none.
    measures : sequence of str
        Columns of `volumes` to be scored.
    settings : GroupTableSettings

    Returns
    -------
    scores : DataFrame
        One row per session and measure that could be scored.
    remark : str
        Why scores are missing, or what they are based on.
    """
    empty = pd.DataFrame(columns=list(_Z_COLUMNS))
    if people is None and not settings.norms:
        return empty, f"no z-scores: there is no usable table of participants. {_HOW_TO_GET_SCORES}"
    design = _design(volumes, people)
    controls = design["control"].to_numpy(dtype=bool)
    parts, reasons = [], []
    for measure in measures:
        covariates = [name for name in settings.covariates if name != measure]
        try:
            norm = _given(settings.norms.get(measure)) or fit_norm(
                design, measure, covariates=covariates, controls=controls
            )
            z = score_norm(design, measure, norm=norm)
        except TableError as error:
            wanted = f" ({error.expected} are needed)" if error.expected else ""
            reasons.append(f"{error.what}{wanted}")
            continue
        part = volumes[list(IDS)].assign(
            measure=measure, z=z, expected_spread=norm.spread, n_controls=norm.n_controls
        )
        parts.append(part[np.isfinite(z)])
    if not parts:
        why = reasons[0] if reasons else "nothing to score"
        return empty, f"no z-scores: {why}. {_HOW_TO_GET_SCORES}"
    return pd.concat(parts, ignore_index=True), (
        f"{len(parts)} measures scored for {', '.join(settings.covariates)}"
        + (f"; {len(reasons)} could not be ({reasons[0]})" if reasons else "")
    )


def _design(volumes: pd.DataFrame, people: pd.DataFrame | None) -> pd.DataFrame:
    labels = volumes["participant_id"].str.removeprefix("sub-")
    table = pd.DataFrame() if people is None else people.reindex(labels).reset_index(drop=True)
    clinical: dict[str, Any] = {
        "age": _numbers(table, "age", len(volumes)),
        "sex": _sex(table, len(volumes)),
        "control": _is(table, "group", "control", len(volumes)),
    }
    return volumes.reset_index(drop=True).assign(**clinical)


def _numbers(table: pd.DataFrame, name: str, count: int) -> Any:
    if name not in table:
        return np.full(count, np.nan)
    return pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)


def _sex(table: pd.DataFrame, count: int) -> Any:
    known = _is(table, "sex", "F", count) | _is(table, "sex", "M", count)
    return np.where(known, _is(table, "sex", "F", count).astype(float), np.nan)


def _is(table: pd.DataFrame, name: str, level: str, count: int) -> Any:
    if name not in table:
        return np.zeros(count, dtype=bool)
    return (table[name] == level).to_numpy(dtype=bool)


def _given(values: Mapping[str, float] | None) -> Norm | None:
    if values is None:
        return None
    if "spread" not in values:
        raise TableError("a given norm has no spread", expected="spread, intercept, covariates")
    terms = {name: value for name, value in values.items() if name != "spread"}
    return Norm(terms, values["spread"])


def _ids(subject: str, session: str | None) -> dict[str, str | None]:
    return {
        "participant_id": f"sub-{subject}",
        "session_id": None if session is None else f"ses-{session}",
    }


def _column(measure: str, region: object) -> str:
    return measure if region is None or region != region else f"{measure}_{region}"


def _first_met(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
