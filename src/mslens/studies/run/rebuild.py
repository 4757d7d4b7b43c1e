"""`mslens report`: write the reports of a finished run again, from its output folder alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from mslens.core.errors import MslensError, UnknownName
from mslens.io.bids import BidsIndex, index_derivative
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.plan import Task
from mslens.studies.run.describe import require_run
from mslens.studies.run.group import group_chain
from mslens.studies.run.report_task import report_task
from mslens.studies.run.settings import read_run_settings


def rebuild_reports(out: Path, *, participants: Sequence[str] = ()) -> int:
    """Write the subject reports and the group report of an output folder again.

    Parameters
    ----------
    out : Path
        Output folder of `mslens run`.
    participants : sequence of str
        Only these, with or without ``sub-``; the group report covers all.

    Returns
    -------
    int
        0 when all were written, 2 when some could not be, 1 when none could.

    Raises
    ------
    DatasetError
        If the folder holds no run.
    UnknownName
        If it holds no such participant.
    """
    prepare_environment()
    out = require_run(out).absolute()
    settings = read_run_settings(out / "settings.toml", seed=None)
    index = index_derivative(out)
    command = _last_command(out)
    wanted = [label.removeprefix("sub-") for label in participants]
    for label in wanted:
        if label not in index.subjects:
            raise UnknownName.of(label, index.subjects, kind="participant of the output")
    tasks = [
        report_task(
            out, subject, _references(index, subject), settings.report_of(subject, command=command)
        )
        for subject in index.subjects
        if not wanted or subject in wanted
    ]
    tasks += [
        e for e in group_chain(index, out, settings, command=command).entries if isinstance(e, Task)
    ][-1:]
    written = [_write(task) for task in tasks]
    if all(written):
        return 0
    return 2 if any(written) else 1


def _last_command(out: Path) -> str:
    """Return the command of the last run, as its record holds it."""
    records = sorted((out / "logs").glob("*_run.json"))
    try:
        return str(json.loads(records[-1].read_bytes())["command"])
    except (OSError, ValueError, LookupError):
        return ""


def _references(index: BidsIndex, subject: str) -> dict[str | None, str]:
    found: dict[str | None, str] = {}
    for suffix in ("FLAIR", "T1w"):
        for file in index.find(subject=subject, suffix=suffix, entities={"desc": "preproc"}):
            if file.entities.get("space") is None:
                found[file.session] = suffix
    return found


def _write(task: Task) -> bool:
    inputs = {role: path for role, path in task.inputs.items() if path.exists()}
    (html,) = (path for role, path in task.outputs.items() if role == "html")
    try:
        task.step.load()(inputs, task.outputs, task.settings)
    except MslensError as error:
        print(f"{html.name}: {error}", file=sys.stderr)  # noqa: T201
        return False
    print(html)  # noqa: T201
    return True
