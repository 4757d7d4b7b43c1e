"""Quality of all sessions in one table, and who is far from the rest of the cohort."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mslens.report.robust_z import robust_z

#: Robust z beyond which a figure is far from the cohort, and sessions that it takes to say so.
FAR_Z, MIN_SESSIONS = 3.5, 8
_KEYS = ["image", "measure"]
#: Measures of which a low value is the bad one.
_BAD_BELOW = ("contrast_fit", "registration_margin", "handedness", "lesion_brightness")


def join_quality(tables: Mapping[tuple[str, str | None], pd.DataFrame]) -> pd.DataFrame:
    """Put the quality tables of all sessions under each other, scored against the cohort.

    Parameters
    ----------
    tables : mapping
        (subject, session or None) to a table with ``image``, ``measure``, ``value``, ``limit``
        and ``flagged``.

    Returns
    -------
    DataFrame
        With ``participant_id`` and ``session_id`` in front and ``robust_z`` behind: NaN with
        fewer than 8 sessions.
    """
    columns = ["participant_id", "session_id", *_KEYS, "value", "limit", "flagged", "robust_z"]
    named = [
        table.assign(
            participant_id=f"sub-{subject}",
            session_id=None if session is None else f"ses-{session}",
        )
        for (subject, session), table in tables.items()
        if len(table)
    ]
    if not named:
        return pd.DataFrame(columns=columns)
    joined = pd.concat(named, ignore_index=True)
    joined["value"] = pd.to_numeric(joined["value"], errors="coerce")
    joined["robust_z"] = np.nan
    for rows in joined.groupby(_KEYS, sort=False).groups.values():
        values = joined.loc[rows, "value"].to_numpy(dtype=float)
        joined.loc[rows, "robust_z"] = robust_z(values, min_values=MIN_SESSIONS)
    return joined[columns]


def find_far(joined: pd.DataFrame) -> list[str]:
    """Name every figure that lies far from the cohort on its bad side.

    Parameters
    ----------
    joined : DataFrame
        From `join_quality`.

    Returns
    -------
    list of str
        One sentence each, the farthest first.
    """
    if joined.empty:
        return []
    sign = np.where(joined["measure"].isin(_BAD_BELOW), -1.0, 1.0)
    badness = joined["robust_z"].to_numpy(dtype=float) * sign
    far = joined.assign(badness=badness)
    far = far[far["badness"] > FAR_Z].sort_values("badness", ascending=False, kind="stable")
    return [
        f"{row['participant_id']}{'' if row['session_id'] is None else ' ' + row['session_id']}:"
        f" {row['measure'].replace('_', ' ')} of the {row['image']} ({row['value']:.3g}) is far"
        f" from the cohort's (robust z {row['robust_z']:.1f})."
        for row in far.to_dict("records")
    ]
