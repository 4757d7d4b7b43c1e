"""Run chains: recall what is done, then give the rest to an engine."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from mslens.core.errors import OutputError
from mslens.core.settings import Settings
from mslens.pipeline.chain_walk import recall_chain, survey_chain
from mslens.pipeline.engine_pool import run_pool
from mslens.pipeline.engine_serial import run_serial
from mslens.pipeline.events import Reporter, event_of_outcome
from mslens.pipeline.failures import PlanError, describe_problem
from mslens.pipeline.outcomes import Outcome, RunResult
from mslens.pipeline.plan import Chain, Task
from mslens.pipeline.resources import choose_workers
from mslens.pipeline.run_chain import RunContext
from mslens.pipeline.scratch import clean_scratch, clean_temporary, scratch_root
from mslens.pipeline.sidecars import sidecar_path
from mslens.pipeline.status import write_status
from mslens.pipeline.stop_signal import StopSignal


class EngineSettings(Settings):
    """How a run uses the machine. Nothing here changes a byte of any result.

    Parameters
    ----------
    workers : int, optional
        Subjects at a time (``--nprocs``). Default: one per CPU that this process may use. 0 runs
        in the calling process, for debugging.
    memory_gb : float, optional
        Memory for all workers together, in GB (``--mem``). Default: what the machine, the cgroup
        or SLURM allows.
    memory_per_worker_gb : float
        Memory that one subject may need; limits the number of workers.
    scheduler : str, optional
        Address of a Dask scheduler, or its scheduler file.
    max_attempts : int
        A step whose process was killed so often is given up.
    stop_grace_s : float
        Seconds between SIGTERM and SIGKILL for running steps when the run is stopped.
    """

    workers: int | None = Field(default=None, ge=0)
    memory_gb: float | None = Field(default=None, gt=0)
    memory_per_worker_gb: float = Field(default=4.0, gt=0)
    scheduler: str | None = None
    max_attempts: int = Field(default=3, ge=1)
    stop_grace_s: float = Field(default=5.0, ge=0)


class Silence:
    """A reporter that says nothing."""

    def begin(self, subjects: int, steps: int, workers: int) -> None:
        """Say nothing."""

    def report(self, event: object) -> None:
        """Say nothing."""

    def end(self, result: RunResult) -> None:
        """Say nothing."""


def make_run_id() -> str:
    """Return a name for a run that sorts by time: ``20250131T120000Z-1a2b3c4d``."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"


def run_chains(
    chains: Sequence[Chain],
    out: Path,
    *,
    settings: EngineSettings | None = None,
    datasets: Mapping[str, Path] | None = None,
    reporter: Reporter | None = None,
    run_id: str | None = None,
) -> RunResult:
    """Run what is not done yet; the exceptions of a subject stop no other one.

    Parameters
    ----------
    chains : sequence of Chain
        One per subject.
    out : Path
        Output folder; made if need be.
    settings : EngineSettings, optional
    datasets : mapping of str to Path, optional
        Name -> root of the datasets that inputs come from: ``{"raw": bids_folder}`` names them
        ``bids:raw:sub-01/...`` in the sidecars.
    reporter : Reporter, optional
        Default: nothing is said.
    run_id : str, optional
        From `make_run_id`, when the caller needs it too.

    Returns
    -------
    RunResult
        Outcomes per subject, in the order of `chains`, and the exit code.

    Raises
    ------
    OutputError
        If `out` cannot be written.
    PlanError
        If two tasks would write the same file.
    WorkerDied
        If no worker process can start.
    MissingDependency
        If a scheduler is given and `distributed` is not installed.
    """
    settings = settings or EngineSettings()
    out = out.absolute()
    require_sound_plan(chains, out)
    prepare_output(out)
    clean_scratch(out)
    clean_temporary()
    context = RunContext(out, dict(datasets or {}), run_id or make_run_id(), settings.max_attempts)
    reporter = reporter or Silence()
    workers = _count_workers(settings)
    reporter.begin(len(chains), sum(len(chain.entries) for chain in chains), workers)
    with StopSignal() as stop:
        results, rest = _recall(chains, out, reporter, stop)
        if rest and stop.number is None:
            results |= _run_rest(rest, context, settings, workers, reporter, stop)
        ordered = {c.subject: results[c.subject] for c in chains if c.subject in results}
        result = RunResult(ordered, stop.number)
    reporter.end(result)
    return result


def survey_chains(chains: Sequence[Chain], out: Path) -> dict[str, tuple[Outcome, ...]]:
    """Say what `run_chains` would do (state ``pending``) and what is done; writes nothing."""
    require_sound_plan(chains, out.absolute())
    return {chain.subject: survey_chain(chain, out.absolute()) for chain in chains}


def _recall(
    chains: Sequence[Chain], out: Path, reporter: Reporter, stop: StopSignal
) -> tuple[dict[str, tuple[Outcome, ...]], list[Chain]]:
    """Find the subjects in which nothing must run, without starting a worker."""
    results, rest = {}, []
    for chain in chains:
        if stop.number is not None:
            break
        outcomes = recall_chain(chain, out)
        if outcomes is None:
            rest.append(chain)
            continue
        results[chain.subject] = outcomes
        write_status(out, chain.subject, outcomes)
        for outcome in outcomes:
            reporter.report(event_of_outcome(outcome))
    return results, rest


def _count_workers(settings: EngineSettings) -> int:
    """Return 0 where nobody here can say, or where the calling process does the work."""
    if settings.workers == 0 or settings.scheduler is not None:
        return 0
    return choose_workers(settings.workers, settings.memory_gb, settings.memory_per_worker_gb)


def _run_rest(
    chains: list[Chain],
    context: RunContext,
    settings: EngineSettings,
    workers: int,
    reporter: Reporter,
    stop: StopSignal,
) -> dict[str, tuple[Outcome, ...]]:
    if settings.scheduler is not None:
        from mslens.pipeline.engine_dask import run_dask

        return run_dask(
            chains,
            context,
            scheduler=settings.scheduler,
            report=reporter.report,
            stop=stop,
            grace_s=settings.stop_grace_s,
        )
    if workers == 0:
        return run_serial(chains, context, report=reporter.report, stop=stop)
    return run_pool(
        chains,
        context,
        workers=workers,
        report=reporter.report,
        stop=stop,
        grace_s=settings.stop_grace_s,
    )


def prepare_output(out: Path) -> None:
    """Make the output folder and try to write to it.

    Raises
    ------
    OutputError
        If that is not possible.
    """
    probe = scratch_root(out) / f"probe-{uuid.uuid4().hex}"
    try:
        probe.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"mslens")
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"the output folder cannot be written ({error.strerror})",
            where=out,
            expected="a folder on a disk with free space in which you may write",
            cure=describe_problem(error).cure,
        ) from error


def require_sound_plan(chains: Sequence[Chain], out: Path) -> None:
    """Refuse chains in which two tasks share a name, an output or a sidecar.

    Raises
    ------
    PlanError
        Naming both tasks.
    """
    subjects: set[str] = set()
    owners: dict[object, str] = {}
    for chain in chains:
        if chain.subject in subjects:
            raise PlanError(f"subject '{chain.subject}' has two chains", expected="one")
        subjects.add(chain.subject)
        for entry in chain.entries:
            if isinstance(entry, Task):
                _claim(entry, out, owners)


def _claim(task: Task, out: Path, owners: dict[object, str]) -> None:
    outputs = list(task.outputs.values())
    sidecars = {sidecar_path(path) for path in outputs} - {None, *outputs}
    for claim in [task.label, *outputs, *sidecars]:
        if claim in owners:
            what = "the same name" if isinstance(claim, str) else "the same file"
            raise PlanError(
                f"{owners[claim]} and {task.label} have or write {what}",
                where=claim if isinstance(claim, Path) else None,
            )
        owners[claim] = task.label
    outside = [path for path in outputs if not path.absolute().is_relative_to(out)]
    if outside:
        raise PlanError(f"{task.label} would write outside the output folder", where=outside[0])
