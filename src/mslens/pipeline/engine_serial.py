"""All subjects one after the other in the calling process: for debugging and for breakpoints.

Nothing survives the death of the process here, and a step in native code only stops when it
returns; the pool with one worker gives the same bytes and is the safer choice.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence

from mslens.core.errors import MslensWarning
from mslens.pipeline.environment import imported_too_early, prepare_environment
from mslens.pipeline.events import Event, event_of_outcome
from mslens.pipeline.outcomes import Outcome, outcome_of_entry
from mslens.pipeline.plan import Chain, Task
from mslens.pipeline.run_chain import RunContext, run_chain
from mslens.pipeline.scratch import remove_scratch
from mslens.pipeline.status import write_status
from mslens.pipeline.stop_signal import Stopped, StopSignal


def run_serial(
    chains: Sequence[Chain],
    context: RunContext,
    *,
    report: Callable[[Event], None],
    stop: StopSignal,
) -> dict[str, tuple[Outcome, ...]]:
    """Run chains in this process.

    Threads and seeds are fixed here too; if a native library was imported before, a warning says
    that it may give other bytes than a worker does.

    Parameters
    ----------
    chains : sequence of Chain
    context : RunContext
    report : callable
        Called with each event.
    stop : StopSignal
        Entered.

    Returns
    -------
    dict of str to tuple of Outcome
        Subject -> outcomes, for each subject that was begun.
    """
    early = imported_too_early(os.environ)
    if early:
        warnings.warn(
            f"{', '.join(early)} was imported before the number of threads was fixed, so results"
            " may differ in their last digits; use one worker instead of none",
            MslensWarning,
            stacklevel=2,
        )
    prepare_environment()
    results: dict[str, tuple[Outcome, ...]] = {}
    stop.interrupts = True
    try:
        for chain in chains:
            _run_one(chain, context, report, results)
    except Stopped:
        return results
    finally:
        stop.interrupts = False
        remove_scratch(context.out)
    return results


def _run_one(
    chain: Chain,
    context: RunContext,
    report: Callable[[Event], None],
    results: dict[str, tuple[Outcome, ...]],
) -> None:
    running: list[Task] = []
    outcomes: list[Outcome] = []

    def start(task: Task, reason: str) -> None:
        running[:] = [task]
        report(Event("started", task.subject, task.session, task.step.name, message=reason))

    def finish(outcome: Outcome) -> None:
        running.clear()
        outcomes.append(outcome)
        report(event_of_outcome(outcome))

    try:
        results[chain.subject] = run_chain(chain, context, on_start=start, on_outcome=finish)
    except Stopped:
        outcomes += [outcome_of_entry(task, "interrupted", reason="stopped") for task in running]
        results[chain.subject] = tuple(outcomes)
        write_status(context.out, chain.subject, outcomes)
        raise
