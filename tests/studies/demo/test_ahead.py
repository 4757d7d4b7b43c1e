"""What is made before the subjects need it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mslens.studies.demo.ahead import working_ahead


def test_machine_code_and_reference_are_kept_for_other_processes(tmp_path: Path) -> None:
    environment = {
        **os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "code"), "XDG_CACHE_HOME": str(tmp_path)
    }  # fmt: skip
    command = [sys.executable, "-m", "mslens.studies.demo.ahead"]
    told = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
    kept = {path.name.split(".")[0] for path in (tmp_path / "code").rglob("*.nbi")}
    assert {"glcm", "glrlm", "glszm", "gldm", "ngtdm", "first_order", "wavelet"} <= kept
    assert told.split() == [b"reference"]
    assert list(tmp_path.rglob("index.json"))


def test_it_is_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with working_ahead() as wait_for_reference:
        assert not list(tmp_path.rglob("index.json"))
        wait_for_reference()
        assert list(tmp_path.rglob("index.json"))


def test_what_is_not_done_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    plain = subprocess.Popen

    def spy(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(plain(*args, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", spy)
    with working_ahead():
        pass
    assert [process.returncode for process in started] == [-signal.SIGTERM]
