"""Which planned steps can run, given the images that cannot be used."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from mslens.core.errors import MslensError
from mslens.pipeline.plan import Failure, Skip, Task


def split_steps(
    entries: Iterable[Task | Skip | Failure], *, unusable: Collection[Path]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Tell the steps that can run from those that cannot, with the reason.

    Parameters
    ----------
    entries : iterable of Task, Skip or Failure
        Of one session, in order.
    unusable : collection of Path
        Input images that cannot be read.

    Returns
    -------
    possible : tuple of str
        Names of steps.
    impossible : dict of str to str
        Name of step to reason.
    """
    possible: list[str] = []
    impossible: dict[str, str] = {}
    missing: dict[Path, str] = {}
    for entry in entries:
        if isinstance(entry, Skip):
            impossible[entry.step] = entry.reason
        elif isinstance(entry, Failure):
            impossible[entry.step] = _message(entry.error)
        else:
            reason = _obstacle(entry, unusable, missing)
            if reason is None:
                possible.append(entry.step.name)
                continue
            impossible[entry.step.name] = reason
            missing |= dict.fromkeys(entry.outputs.values(), entry.step.name)
    return tuple(possible), impossible


def _obstacle(task: Task, unusable: Collection[Path], missing: dict[Path, str]) -> str | None:
    for role, path in task.inputs.items():
        if path in unusable:
            return "its image cannot be used"
        if path in missing and role not in task.optional:
            return f"'{missing[path]}' is not possible"
    return None


def _message(error: Exception) -> str:
    return error.what if isinstance(error, MslensError) else str(error)
