"""What changed between the visits of one subject: a pair of tasks per pair of visits."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from mslens.studies.run import steps
from mslens.studies.run.session_planner import Entry, SessionPlanner


def plan_longitudinal(planners: Sequence[SessionPlanner]) -> list[Entry]:
    """Plan the comparison of consecutive visits; nothing for a subject with one visit.

    Parameters
    ----------
    planners : sequence of SessionPlanner
        Of all visits that have an image, in their order. A visit without a FLAIR is named and
        left out; those before and after it are compared.
    """
    entries: list[Entry] = []
    usable = []
    for planner in planners if len(planners) > 1 else ():
        if planner.images.flair is None:
            reason = "a comparison of visits needs a FLAIR"
            entries.append(planner.skip(steps.ALIGN_VISITS, reason))
        else:
            usable.append(planner)
    for earlier, later in pairwise(usable):
        entries += _compare(earlier, later)
    return entries


def _compare(earlier: SessionPlanner, later: SessionPlanner) -> list[Entry]:
    settings = later.settings
    names = later.names
    inputs: dict[str, Path | None] = {}
    for role, visit in (("earlier", earlier), ("later", later)):
        moved = visit.images.reference == "T1w"
        inputs[role] = visit.images.flair
        inputs[f"{role}_mask"] = visit.names["brain_mask"]
        inputs[f"{role}_xfm"] = visit.names["flair_xfm"] if moved else None
    return [
        later.task(
            steps.ALIGN_VISITS,
            settings.align_visits,
            inputs=inputs,
            outputs={
                "earlier_image": "halfway_earlier",
                "later_image": "halfway_later",
                "mask": "halfway_mask",
                "earlier_to_halfway": "halfway_earlier_xfm",
                "later_to_halfway": "halfway_later_xfm",
            },
        ),
        later.task(
            steps.LESION_CHANGES,
            settings.lesion_changes,
            inputs={
                "earlier_image": names["halfway_earlier"],
                "later_image": names["halfway_later"],
                "mask": names["halfway_mask"],
                "earlier_lesions": _lesions(earlier),
                "later_lesions": _lesions(later),
                "earlier_xfm": names["halfway_earlier_xfm"],
                "later_xfm": names["halfway_later_xfm"],
                **later.named("parcels", "parcel_table"),
            },
            outputs={
                "changes": "changes",
                "instances": "change_instances",
                "halfway_changes": "halfway_changes",
                "table": "change_table",
            },
        ),
    ]


def _lesions(visit: SessionPlanner) -> Path:
    """Lesion probability, or the mask where the user brings one."""
    return visit.names["lesions" if visit.images.lesions is not None else "probseg"]
