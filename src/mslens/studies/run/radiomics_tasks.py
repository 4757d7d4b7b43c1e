"""The radiomics of one session: the T1w as it was measured, in the regions of the segmentation."""

from __future__ import annotations

from mslens.studies.run import steps
from mslens.studies.run.session_planner import Entry, SessionPlanner


def plan_radiomics(planner: SessionPlanner) -> list[Entry]:
    """Plan the features of a session, never of the lesion-filled image.

    Parameters
    ----------
    planner : SessionPlanner
    """
    if planner.images.reference != "T1w":
        return [planner.skip(steps.RADIOMICS, "radiomics needs a T1w")]
    return [
        planner.task(
            steps.RADIOMICS,
            planner.settings.radiomics,
            inputs=planner.named("image:preproc", "labels:parcels", "table:parcel_table", "nawm"),
            outputs={"features": "features"},
        )
    ]
