"""What happened to each step, as the engine wrote it, cleaned for a report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from mslens.core.errors import InputError
from mslens.io.files import read_bytes
from mslens.report.redaction import redact

State = Literal["done", "failed", "blocked", "skipped"]
STATES: tuple[State, ...] = get_args(State)
Level = Literal["warning", "error"]


@dataclass(frozen=True)
class Flag:
    """A remark of a step on its own result.

    Parameters
    ----------
    level : {"warning", "error"}
    message : str
    """

    level: Level
    message: str


@dataclass(frozen=True)
class Outcome:
    """One step of one session.

    Parameters
    ----------
    session : str or None
        Label without ``ses-``; None for the subject as a whole.
    step : str
    state : {"done", "failed", "blocked", "skipped"}
    what, expected, cure : str
        Why it was not done, free of paths; empty when it was.
    seconds : float or None
        CPU time where the engine measured it, else wall time.
    peak_memory_mb : float or None
    facts : mapping
        As the step returned them.
    """

    session: str | None
    step: str
    state: State
    what: str = ""
    expected: str = ""
    cure: str = ""
    seconds: float | None = None
    peak_memory_mb: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """Flags of the step, cleaned; an unknown level counts as a warning."""
        found = self.facts.get("flags", ())
        if not isinstance(found, Sequence):
            return ()
        return tuple(
            Flag(
                "error" if item.get("level") == "error" else "warning",
                redact(str(item.get("message", ""))),
            )
            for item in found
            if isinstance(item, Mapping)
        )

    @property
    def reason(self) -> str:
        """What, expected and cure as sentences."""
        parts = (self.what, f"Expected {self.expected}" if self.expected else "", self.cure)
        return " ".join(f"{part.rstrip('.')}." for part in parts if part)


def read_outcomes(path: Path) -> list[Outcome]:
    """Read the outcomes that the engine wrote for a subject.

    Raises
    ------
    InputError
        If the file is missing or is not a list of outcomes.
    """
    try:
        entries = json.loads(read_bytes(path))
    except ValueError as error:
        raise InputError("the outcomes are not JSON", where=path) from error
    if not isinstance(entries, list):
        raise InputError("the outcomes are not a list", where=path)
    return [parse_outcome(entry, where=path) for entry in entries]


def parse_outcome(entry: object, *, where: Path | None = None) -> Outcome:
    """Turn one JSON object into an `Outcome`.

    Raises
    ------
    InputError
        If it has no step or an unknown state.
    """
    if not isinstance(entry, Mapping) or not entry.get("step"):
        raise InputError("an outcome names no step", where=where)
    state = entry.get("state")
    if state not in STATES:
        raise InputError(
            f"an outcome has the state {state!r}", where=where, expected=", ".join(STATES)
        )
    session = entry.get("session")
    facts = entry.get("facts")
    return Outcome(
        session=None if session in (None, "") else str(session),
        step=str(entry["step"]),
        state=cast("State", state),
        what=redact(str(entry.get("what") or "")),
        expected=redact(str(entry.get("expected") or "")),
        cure=redact(str(entry.get("cure") or "")),
        seconds=_number(entry.get("seconds")),
        peak_memory_mb=_number(entry.get("peak_memory_mb")),
        facts=facts if isinstance(facts, Mapping) else {},
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
