"""What the terminal says before and after a run, in plain words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from mslens.pipeline.outcomes import Outcome, RunResult, has_failed
from mslens.studies.run.request import Brought, Computing, Selection


def describe_request(selection: Selection, brought: Brought, computing: Computing) -> str:
    """Write the command that gives the same results, with folders replaced by words.

    What changes no result (who, how many at a time, how loud) is left out, so that the reports
    of a run that is resumed with other such options stay the same.
    """
    words = ["mslens", "run", "BIDS", "OUT"]
    if selection.steps:
        words += ["--steps", *selection.steps]
    for option in fields(brought):
        value = getattr(brought, option.name)
        if value != option.default:
            words += [f"--{option.name.replace('_', '-')}", _word(value)]
    if computing.config is not None:
        words += ["--config", "settings.toml"]
    if computing.seed is not None:
        words += ["--seed", str(computing.seed)]
    return shlex.join(words)


def _word(value: object) -> str:
    """Write an option's value without its folders, which may say who somebody is."""
    return Path(str(value)).name


def describe_plan(survey: Mapping[str, Sequence[Outcome]]) -> str:
    """Say what a run would do, one line per step, for ``--dry-run``."""
    lines = [
        f"sub-{subject}{_session(outcome)}  {outcome.step:<18} {outcome.state:<8}"
        f" {outcome.message}".rstrip()
        for subject, outcomes in survey.items()
        for outcome in outcomes
    ]
    pending = sum(o.state == "pending" for outcomes in survey.values() for o in outcomes)
    return "\n".join([*lines, f"{pending} steps would run; nothing was done."])


def describe_result(result: RunResult, out: Path) -> str:
    """Say what failed and why, what was skipped, and where to look."""
    lines = [*_problems(result)]
    done = len(result.outcomes) - len(result.failed_subjects)
    lines.append(f"{done} of {len(result.outcomes)} finished without a failure. Output: {out}")
    return "\n".join(lines)


def _problems(result: RunResult) -> Iterator[str]:
    for subject, outcomes in result.outcomes.items():
        for outcome in outcomes:
            if has_failed(outcome) and outcome.state != "blocked":
                yield f"sub-{subject}{_session(outcome)}: {outcome.step} failed: {outcome.message}"


def _session(outcome: Outcome) -> str:
    return "" if outcome.session is None else f" ses-{outcome.session}"
