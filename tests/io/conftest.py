"""Run code as a user without privileges: root may read and write everything."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Privileges are dropped after the imports: Python itself may lie in a folder of root's.
DROP = "import os, encodings.utf_8_sig; os.setgroups([]); os.setgid({gid}); os.setuid({uid})\n"


@pytest.fixture
def run_unprivileged() -> Callable[[str, str], str]:
    """Return `run(imports, code)`: the output of the code, run as nobody when we are root."""

    def run(imports: str, code: str) -> str:
        drop = ""
        if os.geteuid() == 0:
            try:
                nobody = pwd.getpwnam("nobody")
            except KeyError:
                pytest.skip("we are root and there is no user 'nobody'")
            drop = DROP.format(uid=nobody.pw_uid, gid=nobody.pw_gid)
        done = subprocess.run(
            [sys.executable, "-c", f"{imports}\n{drop}{code}"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every user may enter (pytest's own are for one user only)."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
