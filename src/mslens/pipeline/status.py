"""``OUT/status/sub-X.json``: what became of every step of a subject, for people and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mslens.pipeline.atomic import to_json, write_atomically
from mslens.pipeline.outcomes import Outcome, count_states
from mslens.pipeline.plan import name_subject


def status_path(out: Path, subject: str) -> Path:
    """Return the path of a subject's status file."""
    return out / "status" / f"{name_subject(subject)}.json"


def write_status(out: Path, subject: str, outcomes: Sequence[Outcome]) -> bool:
    """Write the status file of a subject unless it says the same already.

    Returns
    -------
    bool
        False when it could not be written: a full disk must not stop the other subjects.
    """
    content = to_json(
        {
            "subject": subject,
            "states": dict(count_states(outcomes)),
            "steps": [_describe(outcome) for outcome in outcomes],
        }
    )
    path = status_path(out, subject)
    try:
        if not path.is_file() or path.read_bytes() != content:
            write_atomically(path, content, durable=False)
    except OSError:
        return False
    return True


def _describe(outcome: Outcome) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "session": outcome.session,
        "step": outcome.step,
        "state": outcome.state,
    }
    if outcome.key:
        entry |= {
            "key": outcome.key,
            "attempts": outcome.attempts,
            "host": outcome.host,
            "finished": outcome.finished,
            **asdict(outcome.cost),
        }
    if outcome.warnings:
        entry["warnings"] = list(outcome.warnings)
    if outcome.reason and outcome.state != "done":
        entry["reason"] = outcome.reason
    if outcome.problem is not None:
        entry["problem"] = asdict(outcome.problem)
    if outcome.inputs:
        entry["inputs"] = outcome.inputs
    return entry
