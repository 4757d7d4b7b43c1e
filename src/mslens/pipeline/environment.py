"""The environment that every step runs in: one thread, fixed seeds, writable caches.

Threads and seeds are read by native libraries when they are loaded, so they are set before the
first import of NumPy, ITK or Numba. The number of threads is fixed because it changes results:
parallel work is over subjects, never inside a step.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

#: What makes a step give the same bytes on every machine and in every worker.
FIXED_VARIABLES = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1",
    "ANTS_RANDOM_SEED": "1",
}
#: Of workers only, because Python reads them when it starts.
WORKER_VARIABLES = {
    "MPLBACKEND": "Agg",
    "PYTHONHASHSEED": "0",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONUNBUFFERED": "1",
}
#: Libraries that read the fixed variables when they are loaded.
NATIVE_MODULES = ("numpy", "scipy", "numba", "ants", "SimpleITK", "torch")


def prepare_environment() -> None:
    """Fix threads and seeds and find writable caches for this process; call before imports.

    An install or a home folder that is read-only is no obstacle: compiled kernels and the font
    list then go to ``$XDG_CACHE_HOME/mslens``, ``~/.cache/mslens`` or a private folder in the
    system's temporary folder.
    """
    os.environ.update(FIXED_VARIABLES)
    os.environ.update(find_caches(os.environ))


def imported_too_early(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Name the native libraries that were loaded although the fixed variables are not set."""
    if all(environment.get(name) == value for name, value in FIXED_VARIABLES.items()):
        return ()
    return tuple(name for name in NATIVE_MODULES if name in sys.modules)


def make_worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a new worker: that of the caller with the fixed variables."""
    return {**environment, **FIXED_VARIABLES, **WORKER_VARIABLES, **find_caches(environment)}


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
            chosen[name] = str(_find_cache_folder(environment, home) / name.partition("_")[0])
    for path in chosen.values():
        Path(path).mkdir(parents=True, exist_ok=True)
    return chosen


def _find_cache_folder(environment: Mapping[str, str], home: Path) -> Path:
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
