"""Files that are there whole or not at all: temporary name, fsync, rename."""

from __future__ import annotations

import errno
import json
import os
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write a whole file under a temporary name in its folder, then rename it.

    Parameters
    ----------
    path : Path
    content : bytes
    durable : bool
        Wait until the bytes are on the disk before the rename. Not needed for what can be
        computed again at no cost.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def move_into_place(source: Path, target: Path) -> None:
    """Rename a finished file, which `sync` has put on the disk, to its final name.

    A target on another file system (a subject's folder may be a link) is copied beside its final
    name first, so that the last act is always a rename.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{uuid.uuid4().hex}.tmp")
        try:
            shutil.copyfile(source, beside)
            sync(beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def to_json(values: Mapping[str, Any]) -> bytes:
    """Write JSON for people: indented, in the given order, UTF-8, one newline at the end."""
    text = json.dumps(values, indent=2, ensure_ascii=False)
    return (text + "\n").encode("utf-8", "backslashreplace")


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None when it is absent, damaged or something else."""
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return values if isinstance(values, dict) else None
