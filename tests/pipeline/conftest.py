"""Traces of what ran, chains, and drivers in processes of their own."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pipeline.fake_steps import TRACE, make_raw


@pytest.fixture
def trace(tmp_path, monkeypatch):
    """Folder in which every call of a fake step leaves a file."""
    folder = tmp_path / "trace"
    folder.mkdir()
    monkeypatch.setenv(TRACE, str(folder))
    return folder


@pytest.fixture
def folders(tmp_path):
    """Raw dataset and output folder, with spaces and letters that are not ASCII."""
    raw, out = tmp_path / "raw däta", tmp_path / "out püt"
    raw.mkdir()
    return raw, out


@pytest.fixture
def drive(folders):
    """Return `drive(subjects, ...)`: start a driver in a process of its own."""
    processes = []

    def start(subjects, *, middle="join", settings=None, **engine):
        raw, out = folders
        for subject in subjects:
            if not (raw / f"sub-{subject}").exists():
                make_raw(raw, subject)
        plan = {
            "raw": str(raw),
            "out": str(out),
            "subjects": subjects,
            "middle": middle,
            "settings": settings or {},
            "engine": {"workers": 2, **engine},
        }
        code = f"import sys; sys.path[:] = {sys.path!r}\nfrom pipeline.drive import drive\ndrive()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(plan)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()
