"""Runs by a user who may write neither to the install nor to the home, nor read everything."""

import json
import os
import subprocess
import sys

import pytest

from dataset import QUICK_SETTINGS, image_path, write_dataset_root, write_session


@pytest.fixture
def run(unprivileged_prefix, open_folder):
    """Run `mslens run` as nobody, whose home is read-only, on a dataset of two subjects."""
    home = open_folder / "home"
    home.mkdir(mode=0o555)
    bids = write_dataset_root(open_folder / "BIDS", ["01", "02"])
    for subject in ("01", "02"):
        write_session(bids, subject, suffixes=("T1w",))
    (bids / "quick.toml").write_text(QUICK_SETTINGS)

    def start(out):
        environment = {"HOME": str(home), "TMPDIR": str(open_folder), "PATH": os.environ["PATH"]}
        options = ["--steps", "preprocess", "--nprocs", "1", "--config", str(bids / "quick.toml")]
        command = [sys.executable, "-m", "mslens", "run", str(bids), str(out), "participant"]
        return subprocess.run(
            [*unprivileged_prefix, *command, *options],
            env=environment,
            cwd=open_folder,
            capture_output=True,
            text=True,
            check=False,
        )

    return start


def test_a_read_only_install_and_home_still_run_and_an_unreadable_file_fails_alone(
    run, open_folder, unprivileged_prefix
):
    image_path(open_folder / "BIDS", "02", "T1w").chmod(0)
    out = open_folder / "out"
    done = run(out)
    assert done.returncode == 2, done.stderr
    assert list(out.glob("sub-01/anat/*_desc-preproc_T1w.nii.gz"))
    assert not list(out.glob("sub-02/**/*.nii.gz"))
    status = json.loads((out / "status" / "sub-02.json").read_text())
    problem = next(s["problem"] for s in status["steps"] if s["state"] == "failed")
    assert "permission" in f"{problem['what']} {problem['cure']}".lower()
    assert str(problem["where"]).endswith("sub-02_T1w.nii.gz")
    assert list((open_folder / "home").iterdir()) == []
    if unprivileged_prefix:
        assert list(open_folder.glob("mslens-*/NUMBA/**/*.nbc"))


def test_an_output_folder_that_may_not_be_written_is_refused_before_any_work(run, open_folder):
    closed = open_folder / "closed"
    closed.mkdir(mode=0o555)
    done = run(closed / "out")
    assert done.returncode == 1
    assert "OutputError" in done.stderr
    assert str(closed) in done.stderr
    assert "Traceback" not in done.stderr
    assert list(closed.iterdir()) == []
