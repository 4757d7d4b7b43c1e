"""The JSON beside each output: what it is, what it was made from, by which step and settings.

Its bytes depend on nothing but the task: no times, no host, no absolute path.
"""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mslens
from mslens.pipeline.failures import StepError
from mslens.pipeline.plan import Facts, Files, StepFunction, Task

#: Inputs and outputs in here are the engine's own and named in no sidecar.
HIDDEN = ".mslens"


def sidecar_path(path: Path) -> Path | None:
    """Return the JSON that describes a file by BIDS; None for a JSON file."""
    name = path.name.removesuffix(".gz")
    stem, dot, suffix = name.rpartition(".")
    if suffix == "json":
        return None
    return path.with_name(f"{stem if dot else name}.json")


def describe_source(path: Path, out: Path, datasets: Mapping[str, Path]) -> str:
    """Name an input as a BIDS URI: ``bids::`` for OUT, ``bids:NAME:`` for a known dataset.

    A file from elsewhere is named without its folder, which may say who the user is.
    """
    for name, root in [("", out), *datasets.items()]:
        relative = os.path.relpath(path, root)
        if not relative.startswith(os.pardir):
            return f"bids:{name}:{Path(relative).as_posix()}"
    return path.name


def make_sidecar(
    task: Task, roles: list[str], sources: list[str], facts: Facts, function: StepFunction
) -> dict[str, Any]:
    """Describe the outputs of a task that share one sidecar.

    Parameters
    ----------
    task : Task
    roles : list of str
        Roles of the outputs that the sidecar stands beside.
    sources : list of str
        Inputs as `describe_source` names them.
    facts : dict
    function : callable
        The step; the first line of its docstring is the description.
    """
    summary = (inspect.getdoc(function) or task.step.name).partition("\n")[0]
    return {
        "Description": f"{summary.rstrip('.')}: {', '.join(roles)}",
        "Sources": sources,
        "GeneratedBy": {
            "Name": "mslens",
            "Version": mslens.__version__,
            "Step": task.step.name,
            "StepVersion": task.step.version,
        },
        "Settings": _public(task.settings.model_dump(mode="json")),
        "Facts": facts,
    }


def list_sources(files: Files, out: Path, datasets: Mapping[str, Path]) -> list[str]:
    """Name every input once, in the order of the roles."""
    names = (describe_source(path, out, datasets) for path in files.values())
    return list(dict.fromkeys(name for name in names if f"bids::{HIDDEN}/" not in name))


def json_ready(value: object, *, step: str) -> Any:
    """Turn facts into plain JSON values: NumPy scalars and arrays too; NaN becomes null.

    Raises
    ------
    StepError
        If something in the facts cannot be written as JSON.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): json_ready(item, step=step) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_ready(item, step=step) for item in value]
    plain = getattr(value, "tolist", None)
    if callable(plain):
        return json_ready(plain(), step=step)
    raise StepError(
        f"step '{step}' returned a fact of type {type(value).__name__}",
        expected="JSON values: text, numbers, lists, mappings",
    )


def redact(value: Any, folder: Path) -> Any:
    """Take the name of a temporary folder out of every text in JSON values."""
    if isinstance(value, str):
        return value.replace(f"{folder}{os.sep}", "")
    if isinstance(value, dict):
        return {key: redact(item, folder) for key, item in value.items()}
    return [redact(item, folder) for item in value] if isinstance(value, list) else value


def _public(value: Any) -> Any:
    """Tell only the name of an absolute path in JSON values."""
    if isinstance(value, str):
        return Path(value).name if Path(value).is_absolute() else value
    if isinstance(value, dict):
        return {key: _public(item) for key, item in value.items()}
    return [_public(item) for item in value] if isinstance(value, list) else value
