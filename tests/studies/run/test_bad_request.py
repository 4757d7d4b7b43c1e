"""Bad input that concerns a whole run: folder, table, output; asked for on the command line."""

import html
import json
import subprocess
import sys
from pathlib import Path

import nibabel as nib
import pytest

from dataset import QUICK_SETTINGS, write_dataset_root, write_session
from mslens.cli.main import execute

pytestmark = pytest.mark.slow


def no_dataset(folder: Path) -> Path:
    (folder / "images").mkdir()
    return folder / "images"


def a_file(folder: Path) -> Path:
    (folder / "BIDS").write_text("")
    return folder / "BIDS"


def one_subject_of_a_dataset(folder: Path) -> Path:
    write_session(write_dataset_root(folder / "BIDS", ["01"]), "01")
    return folder / "BIDS" / "sub-01"


#: What stands in the place of the dataset -> words of the message.
NO_BIDS = {
    no_dataset: ("not a BIDS dataset", "dataset_description.json"),
    a_file: ("this is a file", "the folder of a BIDS dataset"),
    one_subject_of_a_dataset: ("not a BIDS dataset", "give the folder above it"),
    lambda folder: folder / "nothing": ("there is no such folder",),
    lambda folder: write_dataset_root(folder / "empty", []): ("no subject", "sub-<label>"),
}


@pytest.mark.parametrize("make", NO_BIDS)
def test_what_is_no_dataset_is_told_before_any_work(make, tmp_path, capsys):
    bids = make(tmp_path)
    assert execute(["run", str(bids), str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("mslens: DatasetError: ")
    assert str(bids) in told
    for word in NO_BIDS[make]:
        assert word in told
    assert not (tmp_path / "out").exists()


#: Arguments -> words of the message.
IMPOSSIBLE = {
    ("--nprocs", "-1"): ("SettingsError: --nprocs is -1",),
    ("--mem", "0"): ("SettingsError: --mem is 0",),
    ("--seed", "-3"): ("SettingsError: setting 'seed' is -3",),
    ("--steps", "segmnt"): ("UnknownName", "Did you mean 'segment'?"),
    ("--participant-label", "1"): ("UnknownName", "Did you mean '01'?"),
    ("--session-id", "5"): ("UnknownName", "since there is none"),
    ("--lesion-mask", "m/{subject}_{run}.nii"): ("SettingsError", "holds {run}"),
    ("--parcel-table", "nowhere.tsv"): ("InputError", "no such table of names"),
    ("--derivatives", "nowhere"): ("DatasetError", "no such folder of derivatives"),
    ("--config", "nowhere.toml"): ("SettingsError", "no such settings file"),
}


@pytest.mark.parametrize("option", IMPOSSIBLE, ids=" ".join)
def test_an_impossible_request_is_told_before_any_work(option, tmp_path, capsys):
    bids = write_dataset_root(tmp_path / "BIDS", ["01"])
    write_session(bids, "01", suffixes=("FLAIR",))
    assert execute(["run", str(bids), str(tmp_path / "out"), *option]) == 1
    told = capsys.readouterr().err
    for word in IMPOSSIBLE[option]:
        assert word in told
    assert not (tmp_path / "out").exists()


#: Content of participants.tsv -> words of the message.
WRONG_TABLES = {
    "participant_id,age\nsub-01,30\n": ("separated by commas",),
    "subject\tage\nsub-01\t30\n": ("participant_id", "found subject, age"),
    "participant_id\tage\nsub-01\t30\t7\n": ("line 2",),
    "": ("empty",),
}


@pytest.mark.parametrize("content", WRONG_TABLES)
def test_a_table_that_cannot_be_used_fails_the_group_alone(content, tmp_path):
    bids = write_dataset_root(tmp_path / "BIDS", ["01"])
    write_session(bids, "01")
    (bids / "participants.tsv").write_text(content)
    out = tmp_path / "out"
    assert execute(["run", str(bids), str(out), "--steps", "report", "--nprocs", "0"]) == 2
    assert (out / "sub-01.html").exists()
    assert (out / "group.html").exists()
    (problem,) = problems(out, "group")
    assert "participants.tsv" in str(problem["where"])
    text = f"{problem['what']} {problem['expected']} {problem['cure']}"
    for word in WRONG_TABLES[content]:
        assert word in text
    assert problem["what"] in html.unescape((out / "group.html").read_text())


def problems(out: Path, label: str) -> list[dict]:
    name = label if label == "group" else f"sub-{label}"
    status = json.loads((out / "status" / f"{name}.json").read_text())
    return [step["problem"] for step in status["steps"] if step["state"] == "failed"]


def start(bids: Path, out: Path) -> subprocess.Popen[str]:
    options = ["--steps", "preprocess", "--nprocs", "1", "--config", str(bids / "quick.toml")]
    command = [sys.executable, "-m", "mslens", "run", str(bids), str(out), "participant", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def quick_bids(tmp_path: Path) -> Path:
    bids = write_dataset_root(tmp_path / "BIDS", ["01"])
    write_session(bids, "01", suffixes=("FLAIR",))
    (bids / "quick.toml").write_text(QUICK_SETTINGS)
    return bids


def left_behind(out: Path) -> list[Path]:
    return list((out / ".mslens" / "tmp").glob("*/*"))


def test_a_full_disk_is_told_and_leaves_nothing_half_written(quick_bids, small_disk):
    process = start(quick_bids, small_disk / "out")
    _, told = process.communicate()
    assert process.returncode in (1, 2), told
    assert "the disk is full" in told
    assert "Traceback" not in told
    assert left_behind(small_disk / "out") == []
    for path in (small_disk / "out").rglob("*.nii.gz"):
        assert nib.load(path).get_fdata().size


def test_two_runs_at_once_on_one_output_both_finish(quick_bids, tmp_path):
    out = tmp_path / "out"
    runs = [start(quick_bids, out) for _ in range(2)]
    told = [process.communicate()[1] for process in runs]
    assert [process.returncode for process in runs] == [0, 0], told
    assert left_behind(out) == []
    assert problems(out, "01") == []
    third = start(quick_bids, out)
    assert "done in" not in "".join(third.communicate())
    assert third.returncode == 0


def test_an_output_that_is_a_file_or_somebody_elses_is_refused(quick_bids, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.docx").write_text("")
    for name in ("file", "theirs"):
        assert execute(["run", str(quick_bids), str(tmp_path / name)]) == 1
        told = capsys.readouterr().err
        assert told.startswith(f"mslens: OutputError: {tmp_path / name}: the output folder ")
        assert "an empty or a new folder" in told
    assert [path.name for path in (tmp_path / "theirs").iterdir()] == ["thesis.docx"]
