"""What is made before the subjects need it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mslens.studies.demo.ahead import working_ahead
from mslens.studies.disconnect.reference import locate_reference


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


def test_it_is_over_with_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    plain = subprocess.Popen

    def spy(*args: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(plain(*args, **options))  # type: ignore[call-overload]
        return started[-1]

    monkeypatch.setattr("mslens.studies.demo.ahead.subprocess.Popen", spy)
    with working_ahead() as wait_for_reference:
        wait_for_reference()
        assert locate_reference(None).is_file()
        assert started[0].poll() is None
    assert started[0].poll() is not None
