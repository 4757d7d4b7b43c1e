"""Which visits are compared with which, and with which files."""

from pathlib import Path

import pytest

from mslens.pipeline.plan import Skip, Task
from mslens.studies.run.images import SessionImages
from mslens.studies.run.longitudinal_tasks import plan_longitudinal
from mslens.studies.run.session_planner import SessionPlanner
from mslens.studies.run.settings import RunSettings

OUT = Path("/out")


def visit(session, *, t1w=True, flair=True, lesions=None):
    raw = Path(f"/raw/{session}")
    images = SessionImages(
        "01",
        session,
        t1w=raw / "t1w.nii.gz" if t1w else None,
        flair=raw / "flair.nii.gz" if flair else None,
        t2w=None,
        lesions=lesions,
    )
    return SessionPlanner(images, OUT, RunSettings())


def plan(*visits):
    return plan_longitudinal(visits)


def pairs(entries):
    return [
        (task.session, task.inputs["earlier"].parent.name, task.inputs["later"].parent.name)
        for task in entries
        if isinstance(task, Task) and task.step.name == "align-visits"
    ]


def test_one_visit_is_compared_with_nothing():
    assert plan(visit("1")) == []
    assert plan(visit("1", flair=False)) == []
    assert plan() == []


def test_consecutive_visits_are_compared():
    entries = plan(visit("1"), visit("2"), visit("3"))
    assert pairs(entries) == [("2", "1", "2"), ("3", "2", "3")]
    assert [task.step.name for task in entries] == ["align-visits", "lesion-changes"] * 2


def test_a_visit_without_a_flair_is_named_and_stepped_over():
    entries = plan(visit("1"), visit("2", flair=False), visit("3"))
    assert pairs(entries) == [("3", "1", "3")]
    (skip,) = (entry for entry in entries if isinstance(entry, Skip))
    assert (skip.session, skip.step) == ("2", "align-visits")
    assert "FLAIR" in skip.reason


def test_without_a_t1w_the_flair_is_the_reference_and_needs_no_transform():
    align, track = plan(visit("1", t1w=False), visit("2"))
    assert "earlier_xfm" not in align.inputs
    assert align.inputs["later_xfm"].name.endswith("from-FLAIR_to-T1w_mode-image_xfm.txt")
    assert "space-FLAIR" in align.inputs["earlier_mask"].name
    assert "space-T1w" in track.outputs["changes"].name
    assert "space-FLAIR" in track.inputs["earlier_lesions"].name


def test_masks_of_the_users_stand_in_for_probabilities():
    _, track = plan(visit("1", lesions=Path("/mine.nii.gz")), visit("2"))
    assert track.inputs["earlier_lesions"].name.endswith("label-lesion_mask.nii.gz")
    assert track.inputs["later_lesions"].name.endswith("label-lesion_probseg.nii.gz")


@pytest.mark.parametrize("role", ["earlier_image", "later_image", "mask"])
def test_what_the_first_task_writes_the_second_one_reads(role):
    align, track = plan(visit("1"), visit("2"))
    assert track.inputs[role] == align.outputs[role]
    assert track.inputs["later_xfm"] == align.outputs["later_to_halfway"]
