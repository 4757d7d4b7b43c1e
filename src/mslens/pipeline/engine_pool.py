"""Subjects in parallel over worker processes that may be killed at any time.

One subject is one unit of scheduling. A worker that dies is replaced and its subject put back at
the end of the queue; what the subject had finished is found in the ledger. Workers stay alive from
one subject to the next, because imports cost seconds, and die with the driver.
"""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Any

from mslens.pipeline.attempts import AttemptBook
from mslens.pipeline.environment import make_worker_environment
from mslens.pipeline.events import Event, event_of_outcome
from mslens.pipeline.failures import Problem, WorkerDied, describe_problem
from mslens.pipeline.outcomes import Outcome, State, outcome_of_entry
from mslens.pipeline.plan import Chain, Task
from mslens.pipeline.run_chain import RunContext
from mslens.pipeline.status import write_status
from mslens.pipeline.stop_signal import Stop
from mslens.pipeline.worker_process import WorkerProcess, pickle_chain

POLL_S = 0.5
#: So many workers in a row may die before they can work.
MAX_FAILED_STARTS = 3

Report = Callable[[Event], None]


def run_pool(
    chains: Sequence[Chain],
    context: RunContext,
    *,
    workers: int,
    report: Report,
    stop: Stop,
    grace_s: float,
) -> dict[str, tuple[Outcome, ...]]:
    """Run chains in worker processes.

    Parameters
    ----------
    chains : sequence of Chain
    context : RunContext
    workers : int
    report : callable
        Called with each event.
    stop : StopSignal
        Entered.
    grace_s : float
        Time between SIGTERM and SIGKILL for steps that run when the run is stopped.

    Returns
    -------
    dict of str to tuple of Outcome
        Subject -> outcomes, for each subject that was begun.

    Raises
    ------
    WorkerDied
        If no worker can start.
    """
    pool = _Pool(chains, context, min(workers, len(chains)), report)
    try:
        while pool.is_busy() and stop.number is None:
            pool.staff()
            pool.listen(stop.wakeup)
    finally:
        pool.close(stop, grace_s)
    return pool.results


class _Pool:
    """State of a run: the queue, the workers and the results."""

    def __init__(
        self, chains: Sequence[Chain], context: RunContext, size: int, report: Report
    ) -> None:
        self.results: dict[str, tuple[Outcome, ...]] = {}
        self._queue = deque(chains)
        self._context = context
        self._size = size
        self._report = report
        self._environment = make_worker_environment(os.environ)
        self._workers: list[WorkerProcess] = []
        self._failed_starts = 0
        self._deaths_between_steps: Counter[str] = Counter()
        self._told: dict[tuple[str, str | None, str], State] = {}

    def is_busy(self) -> bool:
        return bool(self._queue) or any(worker.chain for worker in self._workers)

    def staff(self) -> None:
        """Give every idle worker a subject, and hire workers while there is work."""
        while self._queue:
            idle = next((worker for worker in self._workers if worker.chain is None), None)
            if idle is None and len(self._workers) == self._size:
                return
            chain = self._queue.popleft()
            try:
                content = pickle_chain(chain)
            except Exception as error:  # noqa: BLE001 - one bad subject never stops the rest
                self._fail_rest(chain, [], describe_problem(error))
                continue
            if idle is None:
                idle = WorkerProcess(self._context, self._environment)
                self._workers.append(idle)
            idle.give(chain, content)

    def listen(self, wakeup: int) -> None:
        """Handle one message of each worker that has one."""
        by_connection: dict[Any, WorkerProcess] = {w.connection: w for w in self._workers}
        ready = wait([*by_connection, wakeup], timeout=POLL_S)
        for connection, worker in by_connection.items():
            if connection in ready:
                message = worker.receive()
                if message is None:
                    self._mourn(worker)
                else:
                    self._handle(worker, *message)
            elif worker.has_ended():
                self._mourn(worker)

    def _handle(self, worker: WorkerProcess, kind: str, value: Any) -> None:
        if kind == "ready":
            worker.is_ready, self._failed_starts = True, 0
        elif kind == "started":
            worker.running = value
            self._report(value[1])
        elif kind == "outcome":
            worker.running = None
            worker.outcomes.append(value)
            self._tell(value)
        elif kind == "finished" and worker.chain is not None:
            self.results[worker.chain.subject] = value
            worker.chain = None
        elif kind == "refused" and worker.chain is not None:
            self._fail_rest(worker.chain, [], value)
            worker.chain = None

    def _tell(self, outcome: Outcome) -> None:
        """Report an outcome once, though a subject whose worker died is walked again."""
        name = (outcome.subject, outcome.session, outcome.step)
        if self._told.get(name) != outcome.state:
            self._told[name] = outcome.state
            self._report(event_of_outcome(outcome))

    def _mourn(self, worker: WorkerProcess) -> None:
        self._workers.remove(worker)
        how, chain = worker.bury(), worker.chain
        if not worker.is_ready:
            self._count_failed_start(worker, how)
        elif chain is not None and worker.running is not None:
            label, event = worker.running
            self._book(chain.subject).record_death(label, how)
            died = f"the process of the step {how}; the subject is tried again"
            self._report(replace(event, state="worker-died", message=died, time=time.time()))
        elif chain is not None:
            self._deaths_between_steps[chain.subject] += 1
            self._report(Event("worker-died", chain.subject, None, "", message=how))
            if self._deaths_between_steps[chain.subject] >= self._context.max_attempts:
                error = WorkerDied(f"the process of the subject {how}, between two steps")
                self._fail_rest(chain, worker.outcomes, describe_problem(error))
                return
        if chain is not None:
            self._queue.append(chain)

    def _count_failed_start(self, worker: WorkerProcess, how: str) -> None:
        self._failed_starts += 1
        if self._failed_starts >= MAX_FAILED_STARTS:
            raise WorkerDied(
                f"no worker process can start: it {how}",
                expected="a Python that can import mslens",
                cure=f"It printed: {worker.read_log_tail() or 'nothing'}",
            )

    def _fail_rest(self, chain: Chain, outcomes: list[Outcome], problem: Problem) -> None:
        """Record the entries that no worker could reach as failed."""
        rest = [
            outcome_of_entry(entry, "failed", problem=problem)
            for entry in chain.entries[len(outcomes) :]
        ]
        for outcome in rest:
            self._tell(outcome)
        self.results[chain.subject] = (*outcomes, *rest)
        write_status(self._context.out, chain.subject, self.results[chain.subject])

    def _book(self, subject: str) -> AttemptBook:
        return AttemptBook(self._context.out, subject, self._context.run_id)

    def close(self, stop: Stop, grace_s: float) -> None:
        """End every worker, whatever a reporter raises, and note how far its subject came."""
        workers, self._workers = self._workers, []
        try:
            for worker in workers:
                self._drain(worker)
        finally:
            _end_workers(workers, stop, grace_s)
        for worker in workers:
            self._record_interruption(worker)

    def _drain(self, worker: WorkerProcess) -> None:
        """Handle what a worker said before it was stopped."""
        while worker.connection.poll():
            message = worker.receive()
            if message is None:
                return
            self._handle(worker, *message)

    def _record_interruption(self, worker: WorkerProcess) -> None:
        """Note how far the subject came; a step that was stopped does not count as an attempt."""
        chain = worker.chain
        if chain is None:
            return
        outcomes = list(worker.outcomes)
        if worker.running is not None:
            label, event = worker.running
            self._book(chain.subject).end(label)
            task = next(
                entry for entry in chain.entries if isinstance(entry, Task) and entry.label == label
            )
            outcomes.append(outcome_of_entry(task, "interrupted", reason="stopped"))
            self._report(replace(event, state="interrupted", message="stopped", time=time.time()))
        self.results[chain.subject] = tuple(outcomes)
        write_status(self._context.out, chain.subject, outcomes)


def _end_workers(workers: list[WorkerProcess], stop: Stop, grace_s: float) -> None:
    """End idle workers by closing their socket, others by SIGTERM and, in time, by SIGKILL."""
    busy = [worker for worker in workers if worker.chain is not None]
    for worker in busy:
        worker.terminate()
    deadline = time.monotonic() + grace_s
    while stop.count < 2 and time.monotonic() < deadline:
        if all(worker.wait(0.02) for worker in busy):
            break
    for worker in busy:
        worker.kill()
    for worker in workers:
        worker.connection.close()
    for worker in workers:
        worker.bury()
