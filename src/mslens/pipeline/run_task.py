"""One task: temporary outputs, the step, sidecars, renames, and the marker last."""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mslens.core.errors import InputError, MslensWarning, OutputError
from mslens.pipeline.atomic import move_into_place, read_json, sync, to_json
from mslens.pipeline.failures import StepError
from mslens.pipeline.hashes import hash_file, take_stamp
from mslens.pipeline.ledger import Cost, Ledger, Marker, Verdict, settings_of
from mslens.pipeline.measure import Meter
from mslens.pipeline.plan import Facts, Files, StepFunction, Task
from mslens.pipeline.scratch import scratch_folder
from mslens.pipeline.sidecars import (
    json_ready,
    list_sources,
    make_sidecar,
    redact,
    sidecar_path,
)


@dataclass(frozen=True)
class _Result:
    """What a step returned and how it went."""

    facts: Facts
    warnings: tuple[str, ...]
    cost: Cost


def run_task(
    task: Task,
    files: Files,
    *,
    ledger: Ledger,
    verdict: Verdict,
    datasets: Mapping[str, Path],
    attempts: int = 1,
) -> Marker:
    """Run a step and put its outputs, their sidecars and the marker in place.

    Parameters
    ----------
    task : Task
    files : mapping of str to Path
        The inputs that are there.
    ledger : Ledger
    verdict : Verdict
        What `Ledger.examine` said of the task.
    datasets : mapping of str to Path
        Name -> root of the datasets that inputs come from.
    attempts : int
        Number of this attempt, for the record.

    Raises
    ------
    StepError
        If the step does not write an output or returns facts that are not JSON.
    InputError
        If an input changes while the step runs.
    OutputError
        If the disk is full.
    Exception
        Whatever the step raises.
    """
    with scratch_folder(ledger.out) as folder:
        targets = _make_targets(task, folder)
        function = task.step.load()
        result = _call(task, function, files, targets, folder)
        _require_outputs(task, targets)
        _require_space(ledger.out)
        _require_same_inputs(task, files, ledger, verdict)
        sources = list_sources(files, ledger.out, datasets)
        sidecars = _stage_sidecars(task, targets, sources, result.facts, function)
        outputs = {path: targets[role] for role, path in task.outputs.items()}
        digests = _move_all(ledger, outputs | sidecars)
    return _record(
        ledger,
        task.label,
        Marker(
            key=verdict.key,
            step=task.step.name,
            version=task.step.version,
            settings=settings_of(task),
            inputs=verdict.inputs,
            outputs={role: digests[path] for role, path in task.outputs.items()},
            sidecars=dict(digests[path] for path in sidecars),
            facts=result.facts,
            warnings=result.warnings,
            cost=result.cost,
            host=platform.node(),
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            attempts=attempts,
        ),
    )


def _make_targets(task: Task, folder: Path) -> dict[str, Path]:
    targets = {role: folder / role / path.name for role, path in task.outputs.items()}
    for target in targets.values():
        target.parent.mkdir()
    return targets


def _call(
    task: Task, function: StepFunction, files: Files, targets: Files, folder: Path
) -> _Result:
    meter = Meter()
    with _collect_warnings() as heard:
        facts = function(files, targets, task.settings)
    cost = meter.read()
    plain = json_ready(facts or {}, step=task.step.name)
    return _Result(redact(plain, folder), tuple(redact(heard, folder)), cost)


@contextmanager
def _collect_warnings() -> Iterator[list[str]]:
    """Collect the warnings meant for the user; every other one goes its usual way."""
    heard: list[str] = []
    show = warnings.showwarning

    def listen(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: Any = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, MslensWarning):
            heard.append(str(message))
        else:
            show(message, category, filename, lineno, file, line)

    with warnings.catch_warnings():
        warnings.simplefilter("always", MslensWarning)
        warnings.showwarning = listen
        yield heard


def _require_outputs(task: Task, targets: Files) -> None:
    missing = [role for role, path in targets.items() if not path.is_file()]
    empty = [role for role in targets if role not in missing and not targets[role].stat().st_size]
    for roles, fault in ((missing, "did not write"), (empty, "left empty")):
        if roles:
            raise StepError(
                f"step '{task.step.name}' {fault}: {', '.join(roles)}",
                expected="every output that the plan names",
                cure="This is a bug of the step; please report it",
            )


def _require_space(out: Path) -> None:
    """Refuse the outputs of a step on a full disk: native code may cut a file in silence."""
    disk = os.statvfs(out)
    free = disk.f_bfree if os.geteuid() == 0 else disk.f_bavail
    if disk.f_blocks and not free:
        raise OutputError(
            "the disk is full", cure="Free space and run again: what is finished is kept"
        )


def _require_same_inputs(task: Task, files: Files, ledger: Ledger, verdict: Verdict) -> None:
    if ledger.fingerprints(files) != verdict.inputs:
        raise InputError(
            f"an input of step '{task.step.name}' changed while the step ran",
            cure="Run again when nothing writes to it any more",
        )


def _stage_sidecars(
    task: Task, targets: Files, sources: list[str], facts: Facts, function: StepFunction
) -> dict[Path, Path]:
    """Write one sidecar per name stem beside the temporary outputs: final path -> temporary path.

    A data dictionary that the step wrote beside a table is kept and completed.
    """
    roles: dict[Path, list[str]] = {}
    for role, path in task.outputs.items():
        sidecar = sidecar_path(path)
        if sidecar is not None and sidecar not in task.outputs.values():
            roles.setdefault(sidecar, []).append(role)
    staged = {}
    for final, members in roles.items():
        candidates = [targets[role].parent / final.name for role in members]
        values: dict[str, Any] = {}
        for dictionary in candidates:
            values |= read_json(dictionary) or {}
        values |= make_sidecar(task, members, sources, facts, function)
        candidates[0].write_bytes(to_json(values))
        staged[final] = candidates[0]
    return staged


def _move_all(ledger: Ledger, staged: Mapping[Path, Path]) -> dict[Path, tuple[str, str]]:
    """Put every file on the disk, then rename all: final path -> (path relative to OUT, hash)."""
    hashes = {}
    for final, temporary in staged.items():
        sync(temporary)
        hashes[final] = hash_file(temporary)
    for final, temporary in staged.items():
        stamp = take_stamp(temporary)
        move_into_place(temporary, final)
        ledger.cache.note(final, stamp, hashes[final])
    return {final: (ledger.relative(final), digest) for final, digest in hashes.items()}


def _record(ledger: Ledger, label: str, marker: Marker) -> Marker:
    """Write the marker; a repeat that gave the same bytes keeps the measurements of the first run.

    So that repairing an output does not change the report, and two runs at once agree.
    """
    earlier = ledger.read(label)
    if earlier is not None and _same_result(earlier, marker):
        marker = replace(marker, cost=earlier.cost)
    ledger.write(label, marker)
    return marker


def _same_result(one: Marker, other: Marker) -> bool:
    """Compare all but the sidecars, which also name the version of the package."""
    return (one.key, one.outputs, one.facts) == (other.key, other.outputs, other.facts)
