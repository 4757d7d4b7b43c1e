"""What the quality of a session is measured on."""

from pathlib import Path

from mslens.studies.run.images import SessionImages
from mslens.studies.run.quality_tasks import plan_quality
from mslens.studies.run.session_planner import SessionPlanner
from mslens.studies.run.settings import RunSettings


def plan(*, with_lesions=True, **images):
    paths = {name: Path(f"/raw/{name}.nii.gz") for name, there in images.items() if there}
    planner = SessionPlanner(SessionImages("01", None, **paths), Path("/out"), RunSettings())
    (task,) = plan_quality(planner, with_lesions=with_lesions)
    return task


def test_every_image_comes_with_its_transform():
    task = plan(t1w=True, flair=True, t2w=True)
    assert {"t1w", "flair", "t2w", "flair_xfm", "t2w_xfm", "aligned_flair", "lesions"} <= set(
        task.inputs
    )
    assert task.optional == {"flair_xfm", "aligned_flair", "t2w_xfm", "lesions"}


def test_a_flair_alone_needs_no_transform():
    task = plan(flair=True)
    assert {"flair_xfm", "aligned_flair", "t1w"}.isdisjoint(task.inputs)
    assert "space-FLAIR" in task.inputs["mask"].name


def test_lesions_are_left_out_where_none_are_sought():
    assert "lesions" not in plan(t1w=True, flair=True, with_lesions=False).inputs
    assert "lesions" not in plan(t1w=True).inputs


def test_a_cleaned_uniform_image_stands_for_the_t1w():
    task = plan(uniform=True)
    assert task.inputs["t1w"].is_relative_to("/out")
