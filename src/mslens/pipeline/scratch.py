"""Temporary folders, named after the process that owns them.

Outputs are written inside OUT, on the file system where they will stay; what libraries leave in the
system's temporary folder goes into a folder there that ends with its worker.
"""

from __future__ import annotations

import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mslens.pipeline.processes import owner_state, process_token

TEMPORARY_PREFIX = "mslens-run-"
#: Folders of processes that cannot be judged from here are left alone for so long.
UNKNOWN_OWNER_S = 2 * 24 * 3600.0


def scratch_root(out: Path) -> Path:
    """Return the folder for temporary files: on the file system of the outputs."""
    return out / ".mslens" / "tmp"


@contextmanager
def scratch_folder(out: Path) -> Iterator[Path]:
    """Make a folder for one task of this process and remove it afterwards.

    The folder of the process stays until `remove_scratch`.
    """
    folder = scratch_root(out) / process_token() / uuid.uuid4().hex[:12]
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_scratch(out: Path, token: str | None = None) -> None:
    """Remove every temporary folder of a process that has ended (default: of this one)."""
    shutil.rmtree(scratch_root(out) / (token or process_token()), ignore_errors=True)


def clean_scratch(out: Path) -> list[str]:
    """Remove the temporary folders of dead processes, never those of a live run.

    Returns
    -------
    list of str
        Names of the folders that were removed.
    """
    root = scratch_root(out)
    if not root.is_dir():
        return []
    stale = [folder for folder in sorted(root.iterdir()) if _is_stale(folder)]
    for folder in stale:
        shutil.rmtree(folder, ignore_errors=True)
    return [folder.name for folder in stale]


def _is_stale(folder: Path) -> bool:
    state = owner_state(folder.name)
    if state != "unknown":
        return state == "dead"
    try:
        return time.time() - folder.stat().st_mtime > UNKNOWN_OWNER_S
    except OSError:
        return False


def make_temporary() -> Path:
    """Make a folder in the system's temporary folder for a worker of this process."""
    return Path(tempfile.mkdtemp(prefix=f"{TEMPORARY_PREFIX}{process_token()}-"))


def clean_temporary() -> None:
    """Remove the folders of `make_temporary` whose process is dead."""
    for folder in Path(tempfile.gettempdir()).glob(f"{TEMPORARY_PREFIX}*"):
        token = folder.name.removeprefix(TEMPORARY_PREFIX).rpartition("-")[0]
        if owner_state(token) == "dead":
            shutil.rmtree(folder, ignore_errors=True)
