"""What the automatic checks say about a subject, in one line with its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from mslens.report.outcomes import Outcome

VerdictLevel = Literal["ok", "review", "failed"]
#: Levels in the words of a table.
WORDS: Mapping[VerdictLevel, str] = {
    "ok": "no check failed",
    "review": "read before use",
    "failed": "incomplete",
}


@dataclass(frozen=True)
class Reason:
    """One reason of a verdict.

    Parameters
    ----------
    session : str or None
    step : str
    level : {"failed", "error", "warning"}
    text : str
    """

    session: str | None
    step: str
    level: Literal["failed", "error", "warning"]
    text: str


@dataclass(frozen=True)
class Verdict:
    """The worst thing that was found, and everything that was found, worst first."""

    level: VerdictLevel
    title: str
    reasons: tuple[Reason, ...]
    blocked: int


def judge(outcomes: Sequence[Outcome], *, notes: Sequence[str] = ()) -> Verdict:
    """Sum up outcomes: failures first, then flags of level error, then warnings.

    Parameters
    ----------
    outcomes : sequence of Outcome
    notes : sequence of str
        Remarks of the report itself; they count as warnings.
    """
    failures = [
        Reason(o.session, o.step, "failed", o.reason or "The step stopped without saying why.")
        for o in outcomes
        if o.state in ("failed", "interrupted")
    ]
    flags = [
        Reason(o.session, o.step, flag.level, flag.message)
        for o in outcomes
        for flag in o.flags
        if o.state == "done"
    ]
    errors = [reason for reason in flags if reason.level == "error"]
    warnings = [reason for reason in flags if reason.level == "warning"]
    warnings += [Reason(None, "report", "warning", note) for note in notes]
    blocked = sum(1 for o in outcomes if o.state == "blocked")
    level, title = _sum_up(len(failures), blocked, len(errors), len(warnings))
    if not outcomes and not notes:
        level, title = "failed", "Nothing was recorded"
    return Verdict(level, title, (*failures, *errors, *warnings), blocked)


def _sum_up(failures: int, blocked: int, errors: int, warnings: int) -> tuple[VerdictLevel, str]:
    if failures or blocked:
        return "failed", f"Incomplete: {_count(failures or blocked, 'step')} failed"
    if errors:
        return "review", f"Check before use: {_count(errors, 'quality check')} failed"
    if warnings:
        return "review", f"Read before use: {_count(warnings, 'remark')}"
    return "ok", "No automatic check failed"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
