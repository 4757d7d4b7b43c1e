"""Content hashes of files, remembered on disk by path, size, modification time and inode.

One file per subject, so that no two subjects ever write the same one; of two runs the last rename
wins, and what is lost is hashed again.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from mslens.core.errors import InputError
from mslens.pipeline.atomic import read_json, write_atomically
from mslens.pipeline.plan import name_subject

#: A file changed less than this before it was hashed may change again with the same time stamp.
RACY_NS = 20_000_000
MEANING = "meaning:"
#: Keys of our own sidecars that say which code wrote a file, not what is in it.
PROVENANCE_OF_CODE = ("GeneratedBy",)

#: Size in bytes, modification time in nanoseconds, inode.
Stamp = tuple[int, int, int]
_Hasher = Callable[[Path], str]


class HashingPostponed(Exception):
    """A file is larger than the caller wants to hash now."""


class HashCache:
    """Content hashes of the files of one subject.

    Parameters
    ----------
    out : Path
        Output folder; paths are remembered relative to it.
    subject : str
    limit_bytes : int, optional
        Raise `HashingPostponed` rather than read a larger file that is not remembered.
    """

    def __init__(self, out: Path, subject: str, *, limit_bytes: int | None = None) -> None:
        self._out = str(out)
        self._file = out / ".mslens" / "hashes" / f"{name_subject(subject)}.json"
        self._limit = limit_bytes
        self._known = read_json(self._file) or {}
        self._changed = False

    def content(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes.

        Raises
        ------
        InputError
            If the file cannot be read or does not stand still.
        OSError
            If the file is not there.
        """
        return self._remembered(path, "", hash_file)

    def meaning(self, path: Path) -> str:
        """Return the hash of one of our sidecars without the version of the code that wrote it."""
        return self._remembered(path, MEANING, _hash_meaning)

    def _remembered(self, path: Path, kind: str, hasher: _Hasher) -> str:
        name = kind + os.path.relpath(path, self._out)
        for _ in range(3):
            stamp = take_stamp(path)
            entry = self._known.get(name)
            if isinstance(entry, list) and len(entry) == 4 and tuple(entry[:3]) == stamp:
                return str(entry[3])
            if self._limit is not None and stamp[0] > self._limit:
                raise HashingPostponed
            began = time.time_ns()
            digest = hasher(path)
            if take_stamp(path) == stamp:
                if began - stamp[1] > RACY_NS:
                    self._known[name] = [*stamp, digest]
                    self._changed = True
                return digest
        raise InputError(
            "a file changes while it is read",
            where=path,
            cure="Run again when nothing writes to it any more",
        )

    def note(self, path: Path, stamp: Stamp, digest: str) -> None:
        """Remember the hash of a file of this process, stamped before it was renamed to `path`.

        A rename keeps the stamp; if another run replaces the file, the stamp no longer fits and
        the hash is forgotten.
        """
        self._known[os.path.relpath(path, self._out)] = [*stamp, digest]
        self._changed = True

    def save(self) -> None:
        """Write what was learnt; a full disk only costs the memory of it."""
        if not self._changed:
            return
        try:
            write_atomically(self._file, json.dumps(self._known).encode(), durable=False)
        except OSError:
            return
        self._changed = False


def take_stamp(path: Path) -> Stamp:
    """Return what changes when a file is written or replaced."""
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes; raises as `HashCache.content`."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except IsADirectoryError as error:
        raise InputError("a folder stands where a file should be", where=path) from error
    except PermissionError as error:
        raise InputError(
            "a file may not be read (permission denied)",
            where=path,
            cure="Give yourself the right to read it",
        ) from error


def _hash_meaning(path: Path) -> str:
    content = path.read_bytes()
    try:
        values = json.loads(content)
        rest = {key: value for key, value in values.items() if key not in PROVENANCE_OF_CODE}
    except (ValueError, AttributeError):
        return hashlib.sha256(content).hexdigest()
    return hash_json(rest)


def hash_json(values: object) -> str:
    """Return the SHA-256 of a JSON-able value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
