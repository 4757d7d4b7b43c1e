"""Subjects in parallel over the workers of a Dask scheduler (extra ``[cluster]``).

A whole subject is one future. On the Dask worker it runs in a fresh process of its own, exactly
as in the pool: threads and seeds are fixed before any import, a killed step is tried again and
the process dies with the Dask worker. OUT must be the same folder on every machine.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

from mslens.core.errors import MissingDependency
from mslens.pipeline.engine_pool import run_pool
from mslens.pipeline.events import Event, event_of_outcome
from mslens.pipeline.failures import SchedulerError, WorkerDied, describe_problem
from mslens.pipeline.outcomes import Outcome, outcome_of_entry
from mslens.pipeline.plan import Chain
from mslens.pipeline.run_chain import RunContext
from mslens.pipeline.status import write_status
from mslens.pipeline.stop_signal import Stop
from mslens.pipeline.worker_process import make_portable

POLL_S = 0.2
#: How often a Dask worker asks the scheduler whether the run was stopped.
ASK_S = 2.0
CONNECT_S = 30.0


def run_dask(
    chains: Sequence[Chain],
    context: RunContext,
    *,
    scheduler: str,
    report: Callable[[Event], None],
    stop: Stop,
    grace_s: float,
) -> dict[str, tuple[Outcome, ...]]:
    """Run chains on a Dask cluster.

    Parameters
    ----------
    chains : sequence of Chain
    context : RunContext
    scheduler : str
        Address of the scheduler, or the file that it wrote.
    report : callable
        Called with each event, in the calling thread.
    stop : StopSignal
        Entered.
    grace_s : float
        Time for steps that run when the run is stopped.

    Returns
    -------
    dict of str to tuple of Outcome
        Subject -> outcomes, for each subject that was begun.

    Raises
    ------
    MissingDependency
        If `distributed` is not installed.
    SchedulerError
        If no scheduler answers.
    """
    with _connect(scheduler) as (distributed, client):
        run = _DaskRun(report)
        topic = f"mslens-{context.run_id}"
        client.subscribe_topic(topic, lambda item: run.heard.put(item[1]["event"]))
        futures = {
            client.submit(
                run_remotely,
                make_portable(chain),
                context,
                grace_s,
                key=f"{topic}-sub-{chain.subject}",
            ): chain
            for chain in chains
        }
        while futures and stop.number is None:
            _collect(futures, context, run)
            select.select([stop.wakeup], [], [], POLL_S)
        if futures:
            # Who has not begun finds the event set and returns at once; the others end their step.
            distributed.Event(topic, client=client).set()
            deadline = time.monotonic() + grace_s + 2 * ASK_S
            while futures and stop.count < 2 and time.monotonic() < deadline:
                _collect(futures, context, run)
                time.sleep(POLL_S)
            client.cancel(list(futures))
        return run.results


@dataclass
class _DaskRun:
    """What has been heard and told so far."""

    report: Callable[[Event], None]
    heard: SimpleQueue[dict[str, Any]] = field(default_factory=SimpleQueue)
    results: dict[str, tuple[Outcome, ...]] = field(default_factory=dict)
    told: set[tuple[str, str | None, str]] = field(default_factory=set)

    def tell(self, event: Event) -> None:
        """Report an event; each ending once, though it may be heard and found in the result."""
        name = (event.subject, event.session, event.step)
        if event.state not in ("started", "worker-died"):
            if name in self.told:
                return
            self.told.add(name)
        self.report(event)


@contextmanager
def _connect(scheduler: str) -> Iterator[tuple[Any, Any]]:
    try:
        import distributed
    except ImportError as error:
        raise MissingDependency(
            "a scheduler needs the package 'distributed', which is not installed",
            cure="Run: pip install 'mslens[cluster]'",
        ) from error
    try:
        if Path(scheduler).is_file():
            client = distributed.Client(scheduler_file=scheduler, timeout=CONNECT_S)
        else:
            client = distributed.Client(scheduler, timeout=CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise SchedulerError(
            "no Dask scheduler answers",
            where=scheduler,
            expected="the address of a scheduler, or the file that it wrote",
            cure="Start one: dask scheduler --scheduler-file FILE; then workers:"
            " dask worker --scheduler-file FILE --nthreads 1",
        ) from error
    with client:
        yield distributed, client


def _collect(futures: dict[Any, Chain], context: RunContext, run: _DaskRun) -> None:
    """Report what was heard, and take what is finished out of `futures`."""
    with suppress(Empty):
        while True:
            values = run.heard.get_nowait()
            run.tell(Event(**{**values, "warnings": tuple(values["warnings"])}))
    for future in [future for future in futures if future.done()]:
        chain = futures.pop(future)
        outcomes = _take_result(future, chain, context)
        if not outcomes:
            continue
        run.results[chain.subject] = outcomes
        for outcome in outcomes:
            run.tell(event_of_outcome(outcome))


def _take_result(future: Any, chain: Chain, context: RunContext) -> tuple[Outcome, ...]:
    try:
        return tuple(future.result())
    except Exception as error:  # noqa: BLE001 - one bad subject never stops the rest
        died = WorkerDied(f"the Dask worker of the subject failed with {type(error).__name__}")
        died.__cause__ = error
        problem = describe_problem(died)
        outcomes = tuple(
            outcome_of_entry(entry, "failed", problem=problem) for entry in chain.entries
        )
        write_status(context.out, chain.subject, outcomes)
        return outcomes


def run_remotely(chain: Chain, context: RunContext, grace_s: float) -> tuple[Outcome, ...]:
    """Run one subject on a Dask worker, in a process of its own.

    Parameters
    ----------
    chain : Chain
    context : RunContext
    grace_s : float
        Time between SIGTERM and SIGKILL when the run is stopped.

    Returns
    -------
    tuple of Outcome
        Empty when the run was stopped before the subject began.
    """
    import distributed

    topic = f"mslens-{context.run_id}"
    worker = distributed.get_worker()
    address = worker.scheduler.address
    with (
        distributed.Client(address, timeout=CONNECT_S, set_as_default=False) as client,
        _RemoteStop(distributed.Event(topic, client=client)) as stop,
    ):
        if stop.ask() is not None:
            return ()
        results = run_pool(
            [chain],
            context,
            workers=1,
            report=lambda event: worker.log_event(topic, {"event": asdict(event)}),
            stop=stop,
            grace_s=grace_s,
        )
    return results.get(chain.subject, ())


class _RemoteStop:
    """Whether the run was stopped where it was started, as `StopSignal` says it there."""

    def __init__(self, event: Any) -> None:
        self.count = 1
        self.wakeup, self._writer = os.pipe()
        self._event = event
        self._asked = 0.0
        self._number: int | None = None

    @property
    def number(self) -> int | None:
        """The signal, as far as the scheduler was asked lately."""
        if self._number is None and time.monotonic() - self._asked > ASK_S:
            return self.ask()
        return self._number

    def ask(self) -> int | None:
        """Ask the scheduler; a scheduler that does not answer says nothing."""
        with suppress(OSError, TimeoutError):
            self._number = signal.SIGTERM if self._event.is_set() else None
        self._asked = time.monotonic()
        return self._number

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self.wakeup)
        os.close(self._writer)
