"""How the kernels are compiled: once per machine, without the interpreter lock.

Numba keeps the machine code beside the source, else under the user's cache folder. Where
neither can be written (a read-only install on a cluster node), `NUMBA_CACHE_DIR` is set to a
folder of our own under the temporary directory before the first kernel is defined.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _is_writable(folder: Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _choose_cache() -> None:
    beside = Path(__file__).parent / "__pycache__"
    user = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    if numba.config.CACHE_DIR or _is_writable(beside) or _is_writable(user):
        return
    numba.config.CACHE_DIR = str(_own_folder())


def _own_folder() -> Path:
    """Return a folder that nobody else could have put machine code into."""
    folder = Path(tempfile.gettempdir()) / f"mslens-kernels-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    known = folder.stat()
    if known.st_uid == os.getuid() and known.st_mode & 0o022 == 0:
        return folder
    return Path(tempfile.mkdtemp(prefix="mslens-kernels-"))


_choose_cache()


def kernel(function: F) -> F:
    """Compile `function` on its first call and keep the machine code on disk."""
    compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return cast("F", compiled)
