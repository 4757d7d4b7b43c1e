"""Every bad input of the list: a clear message, that subject fails alone, the others finish."""

import gzip
import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from dataset import (
    QUICK_SETTINGS,
    head,
    image_path,
    write_dataset_root,
    write_image,
    write_session,
)
from mslens.cli.main import execute

pytestmark = pytest.mark.slow


def affine() -> np.ndarray:
    return np.array(head().t1w.grid.affine)


def t1w() -> np.ndarray:
    return np.array(head().t1w.data)


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def write_text(path: Path) -> None:
    path.write_text("this is no image\n" * 40)


def write_zipped_text(path: Path) -> None:
    path.write_bytes(gzip.compress(b"this is no image" * 40))


def link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("../.git/annex/objects/MD5E-s1")


def four_dimensions(path: Path) -> None:
    write_image(path, np.stack([t1w()] * 2, axis=-1), affine())


def with_nan(path: Path) -> None:
    data = t1w()
    data[3:6] = np.nan
    write_image(path, data, affine())


def with_infinity(path: Path) -> None:
    data = t1w()
    data[3, 3, 3] = np.inf
    write_image(path, data, affine())


def constant(path: Path) -> None:
    write_image(path, np.full(t1w().shape, 7, np.float32), affine())


def singular(path: Path) -> None:
    image = nib.Nifti1Image(t1w(), affine())
    image.header["sform_code"] = 1
    image.header["qform_code"] = 0
    image.header["srow_x"] = 0
    rewrite_header(path, image)


def rewrite_header(path: Path, image: nib.Nifti1Image) -> None:
    header = image.header.copy()
    header["magic"] = b"n+1"
    header["vox_offset"] = 352
    content = header.binaryblock + b"\0" * 4 + np.asarray(image.dataobj).tobytes(order="F")
    path.write_bytes(gzip.compress(content))


def forms_in_conflict(path: Path) -> None:
    image = nib.Nifti1Image(t1w(), affine())
    image.set_sform(affine(), 1)
    moved = affine()
    moved[:3, 3] += 40
    image.set_qform(moved, 1)
    nib.save(image, path)


def one_slice(path: Path) -> None:
    write_image(path, t1w()[:, :, 20:21], affine())


def voxel_of(size: float):
    def write(path: Path) -> None:
        wrong = affine()
        wrong[:3, :3] *= size / 5.0
        write_image(path, t1w(), wrong)

    return write


def voxel_of_zero(path: Path) -> None:
    image = nib.Nifti1Image(t1w(), affine())
    image.header["pixdim"][1:4] = 0
    image.header["sform_code"] = 0
    image.header["qform_code"] = 1
    rewrite_header(path, image)


def in_metres(path: Path) -> None:
    image = nib.Nifti1Image(t1w(), affine())
    image.header.set_xyzt_units("meter")
    nib.save(image, path)


#: Subject label -> (what is done to its T1w, words that the message must hold).
BROKEN = {
    "truncated": (truncate, ("truncated",)),
    "text": (write_text, ("NIfTI",)),
    "zippedText": (write_zipped_text, ("NIfTI",)),
    "annex": (link_to_nothing, ("link", "git annex get")),
    "fourD": (four_dimensions, ("4", "3D")),
    "nan": (with_nan, ("NaN",)),
    "inf": (with_infinity, ("infinite",)),
    "constant": (constant, ("7",)),
    "singular": (singular, ("affine",)),
    "conflict": (forms_in_conflict, ("qform", "sform")),
    "slice": (one_slice, ("1",)),
    "huge": (voxel_of(1000.0), ("1000", "mm")),
    "zero": (voxel_of_zero, ("voxel",)),
    "metres": (in_metres, ("met",)),
}


def lesions_on_another_grid(bids: Path, own: Path, subject: str) -> None:
    mask = np.zeros((30, 31, 32), np.uint8)
    mask[10:14, 10:14, 10:14] = 1
    write_image(own_path(own, subject, "label-lesion_mask"), mask, np.diag([3.0, 3, 3, 1]))


def brain_on_another_grid(bids: Path, own: Path, subject: str) -> None:
    mask = np.ones((30, 31, 32), np.uint8)
    write_image(own_path(own, subject, "desc-brain_mask"), mask, np.diag([3.0, 3, 3, 1]))


def fractions_as_labels(bids: Path, own: Path, subject: str) -> None:
    labels = np.where(t1w() > 60, 1.5, 0).astype(np.float32)
    write_image(own_path(own, subject, "desc-parcels_dseg"), labels, affine())


def own_path(own: Path, subject: str, rest: str) -> Path:
    return own / f"sub-{subject}" / "anat" / f"sub-{subject}_space-T1w_{rest}.nii.gz"


#: Subject label -> (what is brought for it, the step that fails, words of the message).
BROUGHT = {
    "otherLesions": (
        lesions_on_another_grid,
        "import-lesions",
        ("lesion mask", "30x31x32", "--lesion-space"),
    ),
    "otherBrain": (brain_on_another_grid, "brain-mask", ("brain mask", "30x31x32", "grid")),
    "fractions": (fractions_as_labels, "import-parcels", ("integer", "nearest")),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run one good subject among all the broken ones, in a path with spaces and umlauts."""
    root = tmp_path_factory.mktemp("a dataset in Köln")
    subjects = ["good", *BROKEN, *BROUGHT, "empty", "onlyT2", "twice", "unlisted"]
    bids = write_dataset_root(root / "BIDS", subjects[:-1])
    table = (bids / "participants.tsv").read_text()
    (bids / "participants.tsv").write_text(table + "sub-twice\t99\tM\n")
    for subject in subjects:
        if subject != "empty":
            write_session(bids, subject)
    for subject, (breakage, _) in BROKEN.items():
        breakage(image_path(bids, subject, "T1w"))
    for subject, (bring, _, _) in BROUGHT.items():
        bring(bids, root / "own results", subject)
    image_path(bids, "fractions", "FLAIR").unlink()
    image_path(bids, "onlyT2", "T1w").rename(image_path(bids, "onlyT2", "T2w"))
    image_path(bids, "onlyT2", "FLAIR").unlink()
    (bids / "sub-empty" / "anat").mkdir(parents=True)
    (bids / "sub-good" / "loop").symlink_to(bids, target_is_directory=True)
    for subject in ("twice", "unlisted"):
        shutil.rmtree(bids / f"sub-{subject}" / "anat")
        (bids / f"sub-{subject}" / "anat").mkdir()
    out = root / "derivatives ä"
    quick = root / "quick.toml"
    quick.write_text(QUICK_SETTINGS)
    options = ["--derivatives", str(root / "own results"), "--config", str(quick)]
    code = execute(["run", str(bids), str(out), "--nprocs", "2", *options])
    return bids, out, code


def steps(out: Path, subject: str) -> dict[str, dict]:
    status = json.loads((out / "status" / f"sub-{subject}.json").read_text())
    return {step["step"]: step for step in status["steps"]}


def test_the_run_says_that_some_failed(run):
    assert run[2] == 2


def test_the_good_subject_is_finished(run):
    _, out, _ = run
    assert {step["state"] for step in steps(out, "good").values()} <= {"done", "skipped"}
    assert (out / "sub-good.html").stat().st_size > 10_000
    assert (out / "group.html").exists()


@pytest.mark.parametrize("subject", BROKEN)
def test_a_broken_image_fails_its_subject_with_a_clear_message(run, subject):
    _, out, _ = run
    failed = [s for s in steps(out, subject).values() if s["state"] == "failed"]
    assert len(failed) == 1
    problem = failed[0]["problem"]
    text = " ".join(str(problem[key]) for key in ("what", "where", "expected", "cure"))
    assert f"sub-{subject}" in text
    for word in BROKEN[subject][1]:
        assert word in text
    assert "Traceback" not in problem["what"]


@pytest.mark.parametrize("subject", BROUGHT)
def test_a_wrong_result_of_ones_own_fails_its_step_with_a_clear_message(run, subject):
    _, out, _ = run
    _, step, words = BROUGHT[subject]
    failed = {n: s for n, s in steps(out, subject).items() if s["state"] == "failed"}
    assert list(failed) == [step]
    problem = failed[step]["problem"]
    text = " ".join(str(problem[key]) for key in ("what", "where", "expected", "cure"))
    for word in words:
        assert word in text
    assert steps(out, subject)["report"]["state"] == "done"


@pytest.mark.parametrize("subject", BROKEN)
def test_nothing_half_written_is_left_of_it(run, subject):
    _, out, _ = run
    left = {p.name for p in (out / f"sub-{subject}").rglob("*") if p.is_file()}
    assert not any("brain_mask" in name or "preproc_T1w" in name for name in left)
    assert not list((out / ".mslens" / "tmp").glob("*/*"))


def test_neither_t1w_nor_flair(run):
    problem = steps(run[1], "onlyT2")["images"]["problem"]
    assert problem["what"] == "there is no T1w and no FLAIR"
    assert "mslens check" in problem["cure"]


def test_no_image_at_all_and_rows_of_the_table_that_cannot_be_used(run):
    _, out, _ = run
    assert "no image" in steps(out, "empty")["images"]["problem"]["what"]
    assert "participants.tsv" in steps(out, "twice")["participants"]["problem"]["what"]
    assert "participants.tsv" in steps(out, "unlisted")["participants"]["problem"]["what"]


def test_the_group_report_names_who_failed(run):
    text = (run[1] / "group.html").read_text()
    for subject in BROKEN:
        assert f"sub-{subject}" in text
