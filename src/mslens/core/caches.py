"""Folders that compiled kernels and font lists can be written to, also on a cluster node.

Numba keeps machine code beside the source, Matplotlib its font list in the home folder. An install
and a home folder that are read-only are no obstacle: both then go to ``$XDG_CACHE_HOME/mslens``,
``~/.cache/mslens`` or a private folder in the system's temporary folder. Numba decides when a
kernel is defined, so this runs when the package is imported, before any of its modules.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path


def prepare_caches() -> None:
    """Lead Numba and Matplotlib to folders that this process can write to, where need be."""
    try:
        found = find_caches(os.environ)
    except (OSError, RuntimeError):
        return  # No folder can be written to, or nobody is at home: who needs one will say so.
    os.environ.update(found)
    numba = sys.modules.get("numba")
    if numba is not None and "NUMBA_CACHE_DIR" in found:
        numba.config.CACHE_DIR = found["NUMBA_CACHE_DIR"]


def find_caches(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that lead Numba and Matplotlib to folders they can write to.

    What the user set and can be written to is kept. Empty when the defaults can be written to.
    """
    package = Path(__file__).parents[1]
    home = Path(environment.get("HOME") or Path.home())
    defaults = {"NUMBA_CACHE_DIR": package, "MPLCONFIGDIR": home / ".config" / "matplotlib"}
    chosen = {}
    for name, default in defaults.items():
        wanted = Path(environment[name]) if environment.get(name) else default
        if not _is_writable(wanted):
            chosen[name] = str(find_cache_folder(environment) / name.partition("_")[0])
    for path in chosen.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    return chosen


def find_cache_folder(environment: Mapping[str, str]) -> Path:
    """Return a private folder for what can be made again; a temporary one at worst."""
    home = Path(environment.get("HOME") or Path.home())
    for folder in _cache_candidates(environment, home):
        if _is_writable(folder) and _make_private(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="mslens-"))


def _cache_candidates(environment: Mapping[str, str], home: Path) -> Iterator[Path]:
    if environment.get("XDG_CACHE_HOME"):
        yield Path(environment["XDG_CACHE_HOME"]) / "mslens"
    yield home / ".cache" / "mslens"
    yield Path(tempfile.gettempdir()) / f"mslens-{os.getuid()}"


def _is_writable(folder: Path) -> bool:
    """Try to write there, or where it would be made: rights do not tell of a read-only mount."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    probe = existing / f".{uuid.uuid4().hex}"
    try:
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True


def _make_private(folder: Path) -> bool:
    """Make a folder that only we can write to: compiled kernels are code that we will run."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.getuid()
        and not status.st_mode & others
    )
