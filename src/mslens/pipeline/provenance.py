"""What a run was: command, settings, package versions, platform; never a user or a host."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mslens
from mslens.core.settings import Settings
from mslens.pipeline.atomic import to_json, write_atomically
from mslens.pipeline.environment import FIXED_VARIABLES


@dataclass(frozen=True)
class RunRecord:
    """Where the record of a run lies.

    Parameters
    ----------
    run, settings : Path
        ``OUT/logs/RUN_ID_run.json`` and ``OUT/logs/RUN_ID_settings.toml``.
    """

    run: Path
    settings: Path


def write_run_record(
    out: Path,
    run_id: str,
    *,
    command: str,
    settings: Settings,
    engine: Settings | None = None,
) -> RunRecord:
    """Write command, environment and resolved settings of a run into ``OUT/logs``.

    Parameters
    ----------
    out : Path
    run_id : str
    command : str
        From `describe_command` with the folders of the user replaced.
    settings : Settings
        Resolved settings of the work, as TOML that ``--config`` reads.
    engine : Settings, optional
        Settings of the engine, which change no result.

    Raises
    ------
    OSError
        If the files cannot be written.
    """
    record = RunRecord(
        out / "logs" / f"{run_id}_run.json", out / "logs" / f"{run_id}_settings.toml"
    )
    write_atomically(record.settings, settings.to_toml().encode("utf-8", "backslashreplace"))
    values: dict[str, Any] = {
        "run": run_id,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "settings": record.settings.name,
        "engine": engine.model_dump(mode="json") if engine else {},
        "environment": snapshot_environment(),
    }
    write_atomically(record.run, to_json(values))
    return record


def describe_command(arguments: Sequence[str], folders: Mapping[str, Path] | None = None) -> str:
    """Write a command so that a shell reads it back.

    Parameters
    ----------
    arguments : sequence of str
        What follows ``mslens``.
    folders : mapping of str to Path, optional
        Word -> folder. Each argument that is the folder becomes the word, a path in it
        ``WORD/...``, and every other absolute path its name: for reports and records, which must
        not say where a user keeps data.
    """
    if folders is not None:
        arguments = [_redact(argument, folders) for argument in arguments]
    return shlex.join(["mslens", *arguments])


def _redact(argument: str, folders: Mapping[str, Path]) -> str:
    option, equals, value = argument.rpartition("=")
    prefix = option + equals if option.startswith("-") else ""
    path = Path(value if prefix else argument)
    for word, folder in folders.items():
        if path == folder or path.absolute() == folder.absolute():
            return prefix + word
        if path.is_absolute() and path.is_relative_to(folder.absolute()):
            return f"{prefix}{word}/{path.relative_to(folder.absolute()).as_posix()}"
    return prefix + path.name if path.is_absolute() else argument


def snapshot_environment() -> dict[str, Any]:
    """Return versions of Python, of mslens and of what it depends on, and the platform."""
    return {
        "mslens": mslens.__version__,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "release": platform.release(),
        "machine": platform.machine(),
        "packages": _package_versions(),
        "fixed_variables": dict(FIXED_VARIABLES),
    }


def _package_versions() -> dict[str, str]:
    try:
        required = importlib.metadata.requires("mslens") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    versions = {}
    for name in sorted({_project_name(line) for line in required} - {"mslens"}):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _project_name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found.group() if found else requirement
