"""One subject from beginning to end, in whatever process an engine chooses."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mslens.pipeline.atomic import write_atomically
from mslens.pipeline.attempts import AttemptBook, Attempts
from mslens.pipeline.chain_walk import ChainWalk, Ready
from mslens.pipeline.failures import WorkerDied, describe_problem
from mslens.pipeline.hashes import HashCache
from mslens.pipeline.ledger import Ledger
from mslens.pipeline.measure import Meter
from mslens.pipeline.outcomes import OUTCOMES_ROLE, Outcome, outcome_of_entry
from mslens.pipeline.plan import Chain, Task
from mslens.pipeline.run_task import run_task
from mslens.pipeline.status import write_status


@dataclass(frozen=True)
class RunContext:
    """What every worker of a run must know.

    Parameters
    ----------
    out : Path
        Output folder, absolute.
    datasets : mapping of str to Path
        Name -> root of the datasets that inputs come from, for the ``bids:NAME:`` sources.
    run_id : str
    max_attempts : int
        A step whose process was killed so often is given up.
    """

    out: Path
    datasets: Mapping[str, Path]
    run_id: str
    max_attempts: int = 3


def run_chain(
    chain: Chain,
    context: RunContext,
    *,
    on_start: Callable[[Task, str], None],
    on_outcome: Callable[[Outcome], None],
) -> tuple[Outcome, ...]:
    """Run what is not done yet of one subject and write its status file.

    Parameters
    ----------
    chain : Chain
    context : RunContext
    on_start : callable
        Called with each task that runs, and why it must run.
    on_outcome : callable
        Called with the outcome of each entry.

    Returns
    -------
    tuple of Outcome
        One per entry, in order.
    """
    cache = HashCache(context.out, chain.subject)
    walk = ChainWalk(chain, Ledger(context.out, chain.subject, cache))
    book = AttemptBook(context.out, chain.subject, context.run_id)
    try:
        for entry in chain.entries:
            found = walk.assess(entry)
            if isinstance(found, Ready):
                on_start(found.task, found.verdict.reason)
                found = _run_counted(found, walk.ledger, book, context)
            on_outcome(walk.add(entry, found))
    finally:
        cache.save()
    write_status(context.out, chain.subject, walk.outcomes)
    return tuple(walk.outcomes)


def _run_counted(ready: Ready, ledger: Ledger, book: AttemptBook, context: RunContext) -> Outcome:
    """Run a task unless its process was killed too often."""
    label, key = ready.task.label, ready.verdict.key
    try:
        earlier = book.read(label, key)
        if earlier.given_up_in or earlier.deaths >= context.max_attempts:
            book.give_up(label, key)
            return _give_up(ready.task, earlier)
        attempt = book.begin(label, key)
    except OSError as error:
        return outcome_of_entry(ready.task, "failed", problem=describe_problem(error))
    try:
        return _run(ready, ledger, context, attempt)
    finally:
        book.end(label)


def _run(ready: Ready, ledger: Ledger, context: RunContext, attempt: int) -> Outcome:
    task = ready.task
    meter = Meter()
    try:
        if ready.outcomes_text is not None:
            write_atomically(ready.files[OUTCOMES_ROLE], ready.outcomes_text)
        marker = run_task(
            task,
            ready.files,
            ledger=ledger,
            verdict=ready.verdict,
            datasets=context.datasets,
            attempts=attempt,
        )
    except (Exception, SystemExit) as error:  # noqa: BLE001 - one bad step never stops the rest
        return replace(
            outcome_of_entry(task, "failed", problem=describe_problem(error)),
            cost=meter.read(),
            host=platform.node(),
            attempts=attempt,
            key=ready.verdict.key,
        )
    return outcome_of_entry(task, "done", reason=ready.verdict.reason, marker=marker)


def _give_up(task: Task, earlier: Attempts) -> Outcome:
    ended = f"; the last one {earlier.last_death}" if earlier.last_death else ""
    error = WorkerDied(
        f"step '{task.step.name}' was given up after its process was killed"
        f" {earlier.deaths} times{ended}",
        cure="Run again with fewer subjects at a time (--nprocs) or more memory (--mem)",
    )
    outcome = outcome_of_entry(task, "failed", problem=describe_problem(error))
    return replace(outcome, attempts=earlier.deaths, key=earlier.key)
