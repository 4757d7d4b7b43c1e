"""What became of each entry of a chain, and of a run as a whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mslens.pipeline.failures import Problem
from mslens.pipeline.ledger import Cost, Marker
from mslens.pipeline.plan import Facts, Failure, Files, Skip, Task

State = Literal["done", "failed", "blocked", "skipped", "pending", "interrupted"]

#: Role of the input that the engine writes: what became of everything before this task.
OUTCOMES_ROLE = "outcomes"


@dataclass(frozen=True)
class Outcome:
    """What became of one entry of a chain.

    Parameters
    ----------
    subject : str
    session : str or None
    step : str
    state : {"done", "failed", "blocked", "skipped", "pending", "interrupted"}
        ``blocked``: an input is missing because an earlier step failed. ``pending`` occurs in a
        survey only, ``interrupted`` only after a signal.
    reason : str
        Why it was skipped, by which step it is blocked, or why it ran or would run.
    problem : Problem, optional
        Why it failed or is blocked.
    cached : bool
        Done by an earlier run.
    summary : bool
        Whether it only sums up the others (the report).
    facts, warnings, cost, host, finished, attempts, key
        From the marker.
    inputs : dict of str to str
        Role -> path.
    """

    subject: str
    session: str | None
    step: str
    state: State
    reason: str = ""
    problem: Problem | None = None
    cached: bool = False
    summary: bool = False
    facts: Facts = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    cost: Cost = field(default_factory=Cost)
    host: str = ""
    finished: str = ""
    attempts: int = 0
    key: str = ""
    inputs: dict[str, str] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """Why, in one text for the terminal and the log."""
        return self.reason if self.problem is None else str(self.problem)


def outcome_of_entry(
    entry: Task | Skip | Failure,
    state: State,
    *,
    reason: str = "",
    problem: Problem | None = None,
    marker: Marker | None = None,
    cached: bool = False,
) -> Outcome:
    """Describe what became of an entry; `marker` is that of a task which is done."""
    inputs: Files = entry.inputs if isinstance(entry, Task) else {}
    outcome = Outcome(
        subject=entry.subject,
        session=entry.session,
        step=entry.step if isinstance(entry, Skip | Failure) else entry.step.name,
        state=state,
        reason=reason,
        problem=problem,
        cached=cached,
        summary=OUTCOMES_ROLE in inputs,
        inputs={role: str(path) for role, path in inputs.items()},
    )
    if marker is None:
        return outcome
    return replace(
        outcome,
        facts=marker.facts,
        warnings=marker.warnings,
        cost=marker.cost,
        host=marker.host,
        finished=marker.finished,
        attempts=marker.attempts,
        key=marker.key,
    )


def write_outcomes_text(subject: str, outcomes: Iterable[Outcome]) -> bytes:
    """Write what a report may say of the entries so far.

    It holds no path, host, time of day or foreign error text, and for what is done the
    measurements of the run that did it, so the bytes are the same when a run is resumed.
    """
    entries = [_public_entry(outcome) for outcome in outcomes]
    text = json.dumps({"subject": subject, "entries": entries}, indent=1, ensure_ascii=True)
    return (text + "\n").encode("ascii")


def _public_entry(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "session": outcome.session,
        "step": outcome.step,
        "state": outcome.state,
    }
    if outcome.state == "done":
        entry["wall_s"] = outcome.cost.wall_s
        entry["cpu_s"] = outcome.cost.cpu_s
        entry["peak_rss_bytes"] = outcome.cost.peak_rss_bytes
        entry["facts"] = outcome.facts
        return entry
    problem = outcome.problem
    entry["reason"] = outcome.reason if problem is None else problem.what
    entry["expected"] = problem.expected if problem else None
    entry["cure"] = problem.cure if problem else None
    return entry


@dataclass(frozen=True)
class RunResult:
    """What became of a run.

    Parameters
    ----------
    outcomes : dict of str to tuple of Outcome
        Subject -> one outcome per entry of its chain that was reached, in order.
    signal_number : int or None
        The signal that stopped the run.
    """

    outcomes: Mapping[str, tuple[Outcome, ...]]
    signal_number: int | None = None

    @property
    def exit_code(self) -> int:
        """0: nothing failed; 2: some steps failed; 1: nothing was done; 128 + n: stopped by n.

        A report on failures alone counts as nothing done.
        """
        if self.signal_number is not None:
            return 128 + self.signal_number
        everything = [outcome for row in self.outcomes.values() for outcome in row]
        if any(map(has_failed, everything)):
            worked = any(item.state == "done" and not item.summary for item in everything)
            return 2 if worked else 1
        return 0 if any(item.state == "done" for item in everything) else 1

    @property
    def failed_subjects(self) -> tuple[str, ...]:
        """Subjects with at least one step that failed or is blocked."""
        return tuple(subject for subject, row in self.outcomes.items() if any(map(has_failed, row)))


def has_failed(outcome: Outcome) -> bool:
    """Say whether an entry failed, is blocked by a failure, or was interrupted."""
    return outcome.state in ("failed", "blocked", "interrupted")


def count_states(outcomes: Sequence[Outcome]) -> dict[State, int]:
    """Count the outcomes of each state, in the order in which the states first occur."""
    counts: dict[State, int] = {}
    for outcome in outcomes:
        counts[outcome.state] = counts.get(outcome.state, 0) + 1
    return counts
