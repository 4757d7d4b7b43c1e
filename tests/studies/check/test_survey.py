import json
from pathlib import Path

import numpy as np
import pytest

from dataset import image_path, write_dataset_root, write_image, write_session
from mslens.core.errors import DatasetError, UnknownName
from mslens.studies.check import CheckReport, check_dataset
from mslens.studies.check.findings import SessionFinding

EVERY_STEP = {
    *("brain-mask", "bias", "coregister-FLAIR", "coregister-T2w", "lesions", "fill", "normalise"),
    *("tissue", "parcels", "lesion-table", "volumes", "quality", "radiomics", "disconnect"),
    "report",
}


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    root = write_dataset_root(tmp_path / "bids", ["01", "02"])
    write_session(root, "01", suffixes=("T1w", "FLAIR", "T2w"))
    write_session(root, "02", session="1", suffixes=("T1w", "FLAIR", "T2w"))
    return root


def finding(report: CheckReport, label: str) -> SessionFinding:
    (found,) = [session for session in report.sessions if session.label == label]
    return found


def test_a_whole_dataset_allows_every_step(whole: Path) -> None:
    report = check_dataset(whole)
    assert [session.label for session in report.sessions] == ["sub-01", "sub-02 ses-1"]
    for session in report.sessions:
        assert set(session.possible) == EVERY_STEP
        assert session.impossible == {}
    assert report.suffixes == {"FLAIR": 2, "T1w": 2, "T2w": 2}
    assert report.all_problems == ()
    assert report.exit_code == 0
    assert "All 2 session(s) can be worked" in report.to_text()


def test_only_the_participants_asked_for(whole: Path) -> None:
    report = check_dataset(whole, participants=["sub-02"])
    assert [session.label for session in report.sessions] == ["sub-02 ses-1"]
    assert report.suffixes["T1w"] == 1
    with pytest.raises(UnknownName, match="'2'"):
        check_dataset(whole, participants=["2"])


def test_no_work_is_done_and_nothing_is_written(whole: Path) -> None:
    before = sorted(path for path in whole.parent.rglob("*"))
    check_dataset(whole, deep=True)
    assert sorted(path for path in whole.parent.rglob("*")) == before


def test_without_a_t1w_the_flair_carries_what_it_can(tmp_path: Path) -> None:
    root = write_dataset_root(tmp_path, ["01"])
    write_session(root, "01", suffixes=("FLAIR",))
    (session,) = check_dataset(root).sessions
    assert {"brain-mask", "lesions", "volumes", "report"} <= set(session.possible)
    assert session.impossible["tissue"] == "tissue needs a T1w"
    assert "coregister-FLAIR" not in {*session.possible, *session.impossible}


def test_without_a_flair_there_are_no_lesions(tmp_path: Path) -> None:
    root = write_dataset_root(tmp_path, ["01"])
    write_session(root, "01", suffixes=("T1w",))
    (session,) = check_dataset(root).sessions
    assert {"brain-mask", "tissue", "volumes"} <= set(session.possible)
    assert "FLAIR" in session.impossible["lesions"]
    assert "lesion-table" in session.impossible


def test_nothing_is_possible_without_t1w_and_flair(tmp_path: Path) -> None:
    root = write_dataset_root(tmp_path, ["01", "02"])
    write_session(root, "01", suffixes=("T2w",))
    (root / "sub-02").mkdir()
    report = check_dataset(root)
    assert "images" in finding(report, "sub-01").impossible
    assert "images" in finding(report, "sub-02").impossible
    assert report.exit_code == 1
    assert "nothing is possible for sub-01: there is no T1w and no FLAIR" in report.to_text()
    assert "nothing is possible for sub-02: the subject has no image" in report.to_text()


def test_a_broken_reference_blocks_its_session_and_no_other(whole: Path) -> None:
    path = image_path(whole, "01", "T1w")
    path.write_bytes(path.read_bytes()[:1000])
    report = check_dataset(whole)
    broken = finding(report, "sub-01")
    assert broken.impossible["brain-mask"] == "its image cannot be used"
    assert broken.impossible["bias"] == "its image cannot be used"
    assert broken.impossible["tissue"].endswith("is not possible")
    assert broken.problems[0].startswith(f"sub-01, {path.name}: the compressed file is truncated")
    assert set(finding(report, "sub-02 ses-1").possible) == EVERY_STEP
    assert report.exit_code == 2
    assert "1 of 2 session(s)" in report.to_text()


def test_a_broken_flair_blocks_what_needs_it(whole: Path) -> None:
    path = image_path(whole, "01", "FLAIR")
    path.write_text("not an image")
    session = finding(check_dataset(whole), "sub-01")
    assert {"brain-mask", "bias", "coregister-T2w", "report"} <= set(session.possible)
    assert session.impossible["coregister-FLAIR"] == "its image cannot be used"
    assert session.impossible["lesions"] == "'coregister-FLAIR' is not possible"


def test_a_broken_t2w_blocks_its_alignment_and_its_quality_alone(whole: Path) -> None:
    image_path(whole, "01", "T2w").write_text("not an image")
    session = finding(check_dataset(whole), "sub-01")
    assert set(session.impossible) == {"coregister-T2w", "quality"}


@pytest.mark.parametrize("value", [np.nan, 7.0])
def test_voxels_are_read_only_when_asked_for(tmp_path: Path, value: float) -> None:
    root = write_dataset_root(tmp_path, ["01"])
    write_session(root, "01")
    path = image_path(root, "01", "T1w")
    write_image(path, np.full((20, 20, 20), value, np.float32), np.diag([3.0, 3, 3, 1]))
    assert check_dataset(root).all_problems == ()
    deep = check_dataset(root, deep=True)
    assert len(deep.all_problems) == 1
    assert deep.exit_code == 1


def test_several_images_are_named(whole: Path) -> None:
    path = image_path(whole, "01", "T1w")
    extra = path.with_name("sub-01_ce-gadolinium_T1w.nii.gz")
    extra.write_bytes(path.read_bytes())
    text = check_dataset(whole).to_text()
    assert "sub-01: sub-01_T1w.nii.gz is used, not sub-01_ce-gadolinium_T1w.nii.gz" in text


def test_problems_of_tables_and_folders_are_listed(whole: Path) -> None:
    (whole / "participants.tsv").write_text(
        "participant_id\tage\tms_type\nsub-01\told\tRR\nsub-03\t40\tSP\n"
    )
    (whole / "sub-01" / "sub-01_sessions.tsv").write_text("session\tedss\nses-1\t2\n")
    (whole / "sub-01" / "anat" / "scan (copy).nii.gz").touch()
    (whole / "sub-02" / "ses-9").symlink_to(whole / "sub-02")
    report = check_dataset(whole)
    text = "\n".join(report.problems)
    for expected in (
        "1 value(s) of 'age' cannot be used",
        "1 participant(s) in the participants table but without a folder: sub-03",
        "1 participant(s) with a folder but not in the participants table: sub-02",
        "sub-01_sessions.tsv: the table has no column 'session_id'",
        "scan (copy).nii.gz: the name does not follow BIDS",
        "sub-02/ses-9: a link that loops",
    ):
        assert expected in text
    assert report.exit_code == 2
    assert any("understood: age, course" in remark for remark in report.remarks)


def test_a_comma_table_and_a_missing_table(whole: Path) -> None:
    (whole / "participants.tsv").write_text("participant_id,age\nsub-01,40\n")
    assert "separated by commas" in check_dataset(whole).problems[0]
    (whole / "participants.tsv").unlink()
    report = check_dataset(whole)
    assert report.problems == ()
    assert "no participants.tsv" in report.to_text()


def test_phenotype_tables_are_named_or_reported(whole: Path) -> None:
    (whole / "phenotype").mkdir()
    table = whole / "phenotype" / "sdmt.tsv"
    table.write_text("participant_id\tsdmt\nsub-01\t50\n")
    assert "phenotype tables: sdmt" in check_dataset(whole).remarks
    table.write_text("subject\tsdmt\nsub-01\t50\n")
    assert "phenotype" in check_dataset(whole).problems[0]


def test_results_of_other_tools_are_found(whole: Path) -> None:
    folder = whole / "derivatives" / "manual"
    for name in (
        "sub-01/anat/sub-01_space-T1w_label-lesion_mask.nii.gz",
        "sub-01/anat/sub-01_desc-brain_mask.nii.gz",
        "sub-02/ses-1/anat/sub-02_ses-1_space-MNI_label-lesion_mask.nii.gz",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    report = check_dataset(whole)
    (found,) = report.derivatives
    assert found.name == "manual"
    assert found.counts == {"brain masks": 1, "lesion masks": 1}
    assert "derivatives/manual: brain masks for 1 session(s)" in report.to_text()


def test_images_that_no_step_uses_are_said(whole: Path) -> None:
    path = whole / "sub-01" / "dwi" / "sub-01_dwi.nii.gz"
    path.parent.mkdir()
    path.touch()
    assert "not used by 'mslens run' in this version: dwi (1)" in check_dataset(whole).to_text()


def test_thick_slices_are_said(tmp_path: Path) -> None:
    root = write_dataset_root(tmp_path, ["01"])
    write_session(root, "01", suffixes=("T1w",))
    assert "slices thicker than 2.5 mm: T1w in 1 session(s)" in check_dataset(root).to_text()


def test_what_is_not_a_dataset_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a BIDS dataset"):
        check_dataset(tmp_path)


def test_no_path_of_the_machine_is_in_the_text(whole: Path) -> None:
    image_path(whole, "01", "T1w").write_text("x")
    (whole / "participants.tsv").write_text("a,b\n")
    (whole / "derivatives" / "x").mkdir(parents=True)
    (whole / "derivatives" / "x" / "dataset_description.json").write_text("{")
    assert str(whole.parent) not in check_dataset(whole).to_text()
    assert json.loads((whole / "dataset_description.json").read_text())["Name"] == "phantoms"


@pytest.mark.data
def test_the_real_dataset_with_a_visit_without_t1w(data_dir: Path) -> None:
    report = check_dataset(data_dir / "open_ms_bids" / "raw")
    assert report.exit_code == 0
    assert len(report.workable) == 4
    visit = finding(report, "sub-L03 ses-1")
    assert visit.impossible["tissue"] == "tissue needs a T1w"
    assert set(finding(report, "sub-L03 ses-2").possible) == EVERY_STEP


def test_a_uniform_image_stands_for_a_missing_t1w(tmp_path: Path) -> None:
    root = write_dataset_root(tmp_path, ["01", "02"])
    for subject in ("01", "02"):
        write_session(root, subject)
        t1w = image_path(root, subject, "T1w")
        for name in (
            "UNIT1",
            "inv-1_MP2RAGE",
            "inv-2_part-mag_MP2RAGE",
            "inv-2_part-phase_MP2RAGE",
        ):
            image_path(root, subject, name).write_bytes(t1w.read_bytes())
    image_path(root, "01", "T1w").unlink()
    report = check_dataset(root)
    first, second = report.sessions
    assert [image.suffix for image in first.images] == ["UNIT1", "FLAIR"]
    assert set(first.possible) >= EVERY_STEP - {"coregister-T2w"} | {"uniform"}
    assert [image.suffix for image in second.images] == ["T1w", "FLAIR"]
    assert "uniform" not in second.possible
    assert "UNIT1              2 (in place of a missing T1w)" in report.to_text()
    assert report.exit_code == 0
