"""What happened to each step, as the engine wrote it, cleaned for a report."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast, get_args

from mslens.core.errors import InputError
from mslens.io.files import read_bytes
from mslens.report.redaction import redact

State = Literal["done", "failed", "blocked", "skipped", "interrupted"]
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
    state : {"done", "failed", "blocked", "skipped", "interrupted"}
    what, expected, cure : str
        Why it was not done, free of paths; empty when it was.
    wall_s, cpu_s : float or None
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
    wall_s: float | None = None
    cpu_s: float | None = None
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

    Parameters
    ----------
    path : Path
        JSON: ``{"subject": label, "entries": [...]}``, see `parse_outcome`.

    Raises
    ------
    InputError
        If the file is missing or holds no outcomes.
    """
    try:
        content = json.loads(read_bytes(path))
    except ValueError as error:
        raise InputError("the outcomes are not JSON", where=path) from error
    entries = content.get("entries") if isinstance(content, Mapping) else None
    if not isinstance(entries, list):
        raise InputError("the outcomes hold no list of entries", where=path)
    return [parse_outcome(entry, where=path) for entry in entries]


def parse_outcome(entry: object, *, where: Path | None = None) -> Outcome:
    """Turn one JSON object into an `Outcome`.

    Parameters
    ----------
    entry : mapping
        ``session``, ``step``, ``state``; when done ``wall_s``, ``cpu_s``, ``peak_rss_bytes`` and
        ``facts``; else ``reason``, ``expected`` and ``cure``.
    where : Path, optional
        For the message of an error.

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
    session, facts = entry.get("session"), entry.get("facts")
    peak_bytes = _number(entry.get("peak_rss_bytes"))
    return Outcome(
        session=None if session in (None, "") else str(session),
        step=str(entry["step"]),
        state=cast("State", state),
        what=_text(entry, "reason"),
        expected=_text(entry, "expected"),
        cure=_text(entry, "cure"),
        wall_s=_number(entry.get("wall_s")),
        cpu_s=_number(entry.get("cpu_s")),
        peak_memory_mb=None if not peak_bytes else peak_bytes / 1e6,
        facts=facts if isinstance(facts, Mapping) else {},
    )


def sum_step_costs(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Sum up each step over subjects: how it ended, median and largest CPU time, peak memory."""
    steps: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        steps.setdefault(outcome.step, []).append(outcome)
    costs = []
    for step, group in steps.items():
        done = [o for o in group if o.state == "done"]
        cpu = [o.cpu_s for o in done if o.cpu_s is not None]
        memory = [o.peak_memory_mb for o in done if o.peak_memory_mb is not None]
        costs.append(
            {
                "step": step,
                "done": len(done),
                "failed": sum(o.state in ("failed", "interrupted") for o in group),
                "blocked": sum(o.state == "blocked" for o in group),
                "skipped": sum(o.state == "skipped" for o in group),
                "median_s": statistics.median(cpu) if cpu else None,
                "max_s": max(cpu) if cpu else None,
                "peak_memory_mb": max(memory) if memory else None,
            }
        )
    return costs


def _text(entry: Mapping[str, Any], name: str) -> str:
    return redact(str(entry.get(name) or ""))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)
