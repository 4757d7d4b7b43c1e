"""Run code as a user without privileges: root may read and write everything."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from absent import absent

# Privileges are dropped after the imports: Python itself may lie in a folder of root's.
_DROP = "import os, encodings.utf_8_sig; os.setgroups([]); os.setgid({gid}); os.setuid({uid})\n"
#: Opens the way to Python for everybody, in a mount namespace of its own, and becomes nobody.
_OPEN_THE_WAY = """
set -e
hold=$(mktemp -d)
mount --bind "$1" "$hold"
mount -t tmpfs -o mode=755 tmpfs "$2"
mkdir -p "$1"
mount --bind "$hold" "$1"
umount "$hold"
rmdir "$hold"
user=$3 group=$4
shift 4
exec setpriv --reuid="$user" --regid="$group" --clear-groups "$@"
"""
_REPOSITORY = Path(__file__).parents[1]


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        absent("user", "we are root and there is no user 'nobody'")


@pytest.fixture
def run_unprivileged():
    """Return `run(imports, code, **environment)`: the output of code that nobody runs."""

    def run(imports: str, code: str, **environment: str) -> str:
        drop = ""
        if os.geteuid() == 0:
            drop = _DROP.format(uid=_nobody().pw_uid, gid=_nobody().pw_gid)
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
def unprivileged_prefix() -> list[str]:
    """Words before a command, so that nobody runs it; none when we are not root."""
    if os.geteuid() != 0:
        return []
    nobody = _nobody()
    user, group = str(nobody.pw_uid), str(nobody.pw_gid)
    if _closed_above(_REPOSITORY):
        pytest.skip("nobody may not enter the folder of this repository")
    closed = _closed_above(Path(sys.base_prefix))
    if closed is None:
        return ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    script = ["sh", "-c", _OPEN_THE_WAY, "sh", sys.base_prefix, str(closed), user, group]
    prefix = ["unshare", "--mount", *script]
    tried = subprocess.run([*prefix, sys.executable, "-c", ""], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"nobody cannot run {sys.executable}, and this container cannot mount")
    return prefix


def _closed_above(path: Path) -> Path | None:
    """Return the topmost folder on the way to `path` that others may not enter."""
    return next((p for p in reversed((path, *path.parents)) if not p.stat().st_mode & 1), None)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that every user may enter (pytest's own are for one user only)."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
