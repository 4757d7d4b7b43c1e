"""What the terminal can do to a command."""

import os
import subprocess
import sys

import pytest

from dataset import write_dataset_root, write_session

CHECK = [sys.executable, "-m", "mslens", "check"]


@pytest.fixture
def bids(tmp_path):
    root = write_dataset_root(tmp_path / "Köln", ["01"])
    write_session(root, "01", suffixes=("FLAIR",))
    (root / "sub-01" / "anat" / "größer (2).nii.gz").touch()
    (root / "sub-01" / "anat" / os.fsdecode(b"\xff.nii.gz")).touch()
    return root


def test_names_that_the_terminal_cannot_show_end_no_command(bids):
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*CHECK, str(bids)], capture_output=True, env=environment, check=False)
    assert done.returncode == 2, done.stderr
    assert rb"gr\xf6\xdfer" in done.stdout
    assert b"does not follow BIDS" in done.stdout


def test_a_reader_that_stops_early_causes_no_traceback(bids):
    process = subprocess.Popen([*CHECK, str(bids)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    told = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert b"Traceback" not in told
    assert b"BrokenPipe" not in told
