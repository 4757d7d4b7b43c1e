"""Kernels that are compiled before the subjects need them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mslens.studies.demo.ahead import compiling_ahead


def test_the_machine_code_is_kept_for_other_processes(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "mslens.studies.demo.ahead"]
    subprocess.run(command, env=environment, check=True)
    kept = {path.name.split(".")[0] for path in tmp_path.rglob("*.nbi")}
    assert {"glcm", "glrlm", "glszm", "gldm", "ngtdm", "first_order", "wavelet"} <= kept


def test_the_process_ends_with_the_block() -> None:
    with compiling_ahead() as process:
        assert process.poll() is None
    assert process.poll() is not None
