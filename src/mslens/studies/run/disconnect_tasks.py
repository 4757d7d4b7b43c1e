"""Disconnection by the lesions of one session, in template space."""

from __future__ import annotations

from pathlib import Path

from mslens.studies.run import steps
from mslens.studies.run.session_planner import Entry, SessionPlanner


def plan_disconnect(planner: SessionPlanner, *, tractogram: Path | None) -> list[Entry]:
    """Plan the scores of a session.

    Parameters
    ----------
    planner : SessionPlanner
    tractogram : Path or None
        ``index.json`` of the reference tractogram.
    """
    if not planner.has_lesion_mask:
        return [planner.skip(steps.DISCONNECT, "disconnection needs lesions: there is no FLAIR")]
    if tractogram is None:
        return [planner.skip(steps.DISCONNECT, "there is no reference tractogram")]
    return [
        planner.task(
            steps.DISCONNECT,
            planner.settings.disconnect,
            inputs={"index": tractogram, **planner.named("lesions", "xfm")},
            outputs={"table": "disconnection", "matrix": "disconnection_pairs"},
        )
    ]
