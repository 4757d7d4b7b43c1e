"""The task that measures the quality of the images of one session."""

from __future__ import annotations

from pathlib import Path

from mslens.studies.run import steps
from mslens.studies.run.session_planner import Entry, SessionPlanner


def plan_quality(planner: SessionPlanner, *, with_lesions: bool) -> list[Entry]:
    """Plan the figures of quality, of the lesions too where they are segmented.

    Parameters
    ----------
    planner : SessionPlanner
    with_lesions : bool
        Whether the stage that finds lesions is part of the run.
    """
    images = planner.images
    has_t1w = images.reference == "T1w"
    t1w = images.t1w
    if t1w is None and has_t1w:
        t1w = planner.names["uniform"]
    inputs: dict[str, Path | None] = {
        "t1w": t1w,
        "flair": images.flair,
        "t2w": images.t2w,
        **planner.named("mask:brain_mask", "preproc", "coarse_xfm"),
    }
    optional = ["flair_xfm", "aligned_flair", "t2w_xfm"]
    if images.flair is not None and has_t1w:
        inputs |= planner.named("flair_xfm", "aligned_flair:flair")
    if images.t2w is not None:
        inputs |= planner.named("t2w_xfm")
    if with_lesions and planner.has_lesion_mask:
        inputs |= planner.named("lesions")
        optional.append("lesions")
    return [
        planner.task(
            steps.QUALITY,
            planner.settings.quality,
            inputs=inputs,
            outputs={"table": "quality"},
            optional=set(optional) & set(inputs),
        )
    ]
