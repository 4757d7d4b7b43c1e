"""What is to be done, as plain data: steps, tasks and one chain of tasks per subject.

A step is a function ``step(inputs, outputs, settings) -> facts`` of a domain's ``steps.py``.
It reads the files of `inputs`, writes every file of `outputs` and returns facts (method used,
quality figures, flags) that the engine puts into the sidecars. The engine hands it temporary
output paths and moves them into place when the step has finished, so a step never sees or
leaves a half-written file.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from mslens.core.settings import Settings

#: Role of a file in a step -> path.
Files = Mapping[str, Path]
#: JSON-able results of a step that are not files. Deterministic: no times, no host names.
Facts = dict[str, Any]
StepFunction = Callable[[Files, Files, Any], Facts]


#: Stands in the place of a subject label for the work that joins all subjects.
GROUP = "group"


def name_subject(subject: str) -> str:
    """Return ``sub-01`` for a subject label, ``group`` for the work that joins all subjects."""
    return GROUP if subject == GROUP else f"sub-{subject}"


@dataclass(frozen=True)
class Step:
    """A unit of work that can be cached.

    Parameters
    ----------
    name : str
        Stable name, e.g. ``"brain-mask"``: the user sees it and the ledger keys it.
    version : int
        Raised whenever the step would write other bytes for the same input.
    function : str
        ``"module:attribute"`` of the step function, imported in the worker only.
    """

    name: str
    version: int
    function: str

    def load(self) -> StepFunction:
        """Import the step function."""
        module, _, attribute = self.function.partition(":")
        return cast("StepFunction", getattr(importlib.import_module(module), attribute))


@dataclass(frozen=True)
class Task:
    """One step for one subject and session.

    Parameters
    ----------
    optional : frozenset of str
        Input roles that are left out when their file does not exist; every other input
        must exist, else the task is recorded as blocked by the step that should have made it.
    """

    subject: str
    session: str | None
    step: Step
    inputs: Files
    outputs: Files
    settings: Settings
    optional: frozenset[str] = field(default_factory=frozenset)

    @property
    def label(self) -> str:
        """``sub-01_ses-2_brain-mask``: unique in a run."""
        session = "" if self.session is None else f"_ses-{self.session}"
        return f"{name_subject(self.subject)}{session}_{self.step.name}"


@dataclass(frozen=True)
class Skip:
    """A step that cannot be done for a session, and why: recorded, never silent."""

    subject: str
    session: str | None
    step: str
    reason: str


@dataclass(frozen=True)
class Failure:
    """A subject that cannot be planned at all, with the error that says why."""

    subject: str
    session: str | None
    step: str
    error: Exception


@dataclass(frozen=True)
class Chain:
    """Everything to be done for one subject, in order."""

    subject: str
    entries: tuple[Task | Skip | Failure, ...]
