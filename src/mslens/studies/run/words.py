"""What the terminal says before and after a run, in plain words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from mslens.pipeline.outcomes import Outcome
from mslens.pipeline.plan import name_subject
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
        f"{name_subject(subject)}{_session(outcome)}  {outcome.step:<18} {outcome.state:<8}"
        f" {outcome.message}".rstrip()
        for subject, outcomes in survey.items()
        for outcome in outcomes
    ]
    pending = sum(o.state == "pending" for outcomes in survey.values() for o in outcomes)
    return "\n".join([*lines, f"{pending} steps would run; nothing was done."])


def _session(outcome: Outcome) -> str:
    return "" if outcome.session is None else f" ses-{outcome.session}"
