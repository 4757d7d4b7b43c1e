"""Traces of what ran, chains, drivers in processes of their own, and a user without rights."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from pipeline.fake_steps import TRACE, make_raw

# Privileges are dropped after the imports: Python itself may lie in a folder of root's.
DROP = "import os; os.setgroups([]); os.setgid({gid}); os.setuid({uid})\n"


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


@pytest.fixture
def run_unprivileged():
    """Return `run(imports, code)`: the output of the code, run as nobody when we are root."""

    def run(imports: str, code: str, **environment: str) -> str:
        drop = ""
        if os.geteuid() == 0:
            try:
                nobody = pwd.getpwnam("nobody")
            except KeyError:
                pytest.skip("we are root and there is no user 'nobody'")
            drop = DROP.format(uid=nobody.pw_uid, gid=nobody.pw_gid)
        paths = f"import sys; sys.path[:] = {sys.path!r}"
        done = subprocess.run(
            [sys.executable, "-c", f"{paths}\n{imports}\n{drop}{code}"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def open_folder():
    """Folder that every user may enter (pytest's own are for one user only)."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
