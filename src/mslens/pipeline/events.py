"""What happens during a run, as the reporters hear it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, Protocol

from mslens.pipeline.outcomes import Outcome, RunResult

Happening = Literal[
    "started", "done", "cached", "failed", "blocked", "skipped", "interrupted", "worker-died"
]


@dataclass(frozen=True)
class Event:
    """Something that happened to a step.

    Parameters
    ----------
    state : str
    subject : str
    session : str or None
    step : str
        Empty when a process died between two steps.
    seconds : float
        Wall-clock seconds of a step that ended.
    message : str
        Why it runs, is skipped, failed or died.
    warnings : tuple of str
        What the step warned of.
    time : float
        Seconds since 1970.
    """

    state: Happening
    subject: str
    session: str | None
    step: str
    seconds: float = 0.0
    message: str = ""
    warnings: tuple[str, ...] = ()
    time: float = field(default_factory=time.time)


class Reporter(Protocol):
    """Something that tells a person or a file how a run goes."""

    def begin(self, subjects: int, steps: int, workers: int) -> None:
        """Hear of a run that begins."""

    def report(self, event: Event) -> None:
        """Hear of a step."""

    def end(self, result: RunResult) -> None:
        """Hear of the end of the run."""


def event_of_outcome(outcome: Outcome) -> Event:
    """Turn the outcome of an entry into an event."""
    state: Happening = "cached" if outcome.cached else outcome.state  # type: ignore[assignment]
    return Event(
        state=state,
        subject=outcome.subject,
        session=outcome.session,
        step=outcome.step,
        seconds=outcome.cost.wall_s,
        message=outcome.message,
        warnings=outcome.warnings,
    )
