from pathlib import Path

import pytest

from mslens.io.bids import index_dataset
from mslens.io.image_choice import ImageChoice, choose_image


def choose(root: Path, *names: str, suffix: str = "T1w") -> ImageChoice | None:
    (root / "sub-1" / "anat").mkdir(parents=True)
    (root / "dataset_description.json").write_text("{}")
    for name in names:
        (root / "sub-1" / "anat" / f"sub-1_{name}").touch()
    return choose_image(index_dataset(root), subject="1", session=None, suffix=suffix)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["T1w.nii.gz"], "T1w.nii.gz"),
        (["ce-gadolinium_T1w.nii.gz", "acq-3D_run-1_T1w.nii.gz"], "acq-3D_run-1_T1w.nii.gz"),
        (["run-1_T1w.nii.gz", "run-2_T1w.nii.gz", "run-10_T1w.nii.gz"], "run-10_T1w.nii.gz"),
        (["acq-a_T1w.nii.gz", "T1w.nii.gz"], "T1w.nii.gz"),
        (["acq-b_T1w.nii.gz", "acq-a_T1w.nii.gz"], "acq-a_T1w.nii.gz"),
        (["acq-a_rec-norm_T1w.nii.gz", "acq-b_T1w.nii.gz"], "acq-b_T1w.nii.gz"),
        (["T1w.nii", "T1w.nii.gz"], "T1w.nii.gz"),
        (["part-phase_T1w.nii.gz", "part-mag_T1w.nii.gz"], "part-mag_T1w.nii.gz"),
        (["inv-1_T1w.nii.gz", "echo-1_T1w.nii.gz", "rec-x_T1w.nii.gz"], "rec-x_T1w.nii.gz"),
        (["mod-T1w_T1w.nii.gz", "acq-z_T1w.nii.gz"], "acq-z_T1w.nii.gz"),
    ],
)
def test_the_rules(tmp_path: Path, names: list[str], expected: str) -> None:
    choice = choose(tmp_path, *names)
    assert choice is not None
    assert choice.file.name == f"sub-1_{expected}"
    assert not choice.has_contrast_agent


def test_without_an_image_there_is_no_choice(tmp_path: Path) -> None:
    assert choose(tmp_path, "T2w.nii.gz", "T1w.json", "part-phase_T1w.nii.gz") is None


def test_a_contrast_agent_is_flagged_when_there_is_nothing_else(tmp_path: Path) -> None:
    choice = choose(tmp_path, "ce-gadolinium_T1w.nii.gz")
    assert choice is not None
    assert choice.has_contrast_agent
    assert "contrast agent" in choice.notes[0]


def test_several_runs_are_said_without_naming_anything(tmp_path: Path) -> None:
    choice = choose(tmp_path, "acq-JohnDoe_run-1_T1w.nii.gz", "acq-JohnDoe_run-2_T1w.nii.gz")
    assert choice is not None
    assert choice.notes == ("2 T1w images were found, one is used, run 2",)
    assert choice.describe() == (
        "sub-1_acq-JohnDoe_run-2_T1w.nii.gz is used, not sub-1_acq-JohnDoe_run-1_T1w.nii.gz"
    )


def test_an_image_with_contrast_agent_beside_a_plain_one_needs_no_note(tmp_path: Path) -> None:
    choice = choose(tmp_path, "T1w.nii.gz", "ce-gadolinium_T1w.nii.gz")
    assert choice is not None
    assert choice.notes == ()
    assert [file.name for file in choice.others] == ["sub-1_ce-gadolinium_T1w.nii.gz"]


@pytest.mark.data
def test_the_real_image_without_gadolinium_is_chosen(data_dir: Path) -> None:
    index = index_dataset(data_dir / "open_ms_bids" / "skullstripped")
    choice = choose_image(index, subject="C19", session=None, suffix="T1w")
    assert choice is not None
    assert choice.file.name == "sub-C19_T1w.nii.gz"
