"""Simulate a whole dataset: BIDS images in ``bids``, everything that is true in ``truth``.

The same settings give the same bytes, whatever the number of workers and whether the run was
interrupted. Later modules (susceptibility, rims, diffusion) add images to `steps.simulate_person`
and their truth beside the others.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from mslens.core.errors import SettingsError
from mslens.simulate.cohort import require_settings, simulate_cohort
from mslens.simulate.dataset_store import claim_folder, write_tables
from mslens.simulate.scanners import choose_scanner
from mslens.simulate.settings import SimulationSettings
from mslens.simulate.steps import (
    RAW_FOLDER,
    TRUTH_FOLDER,
    PersonPlan,
    is_complete,
    plan_people,
    simulate_person,
)

#: Called with the number of people done, their total, and the label of the last one.
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class SimulatedDataset:
    """Where a simulated dataset lies.

    Parameters
    ----------
    bids : Path
        Raw BIDS dataset.
    truth : Path
        The same people with what is true of them, named as derivatives.
    n_people : int
    """

    bids: Path
    truth: Path
    n_people: int


def simulate_dataset(
    out: Path,
    *,
    settings: SimulationSettings,
    progress: Progress | None = None,
    n_workers: int = 1,
) -> SimulatedDataset:
    """Simulate a cohort with images, or finish one that was interrupted.

    Parameters
    ----------
    out : Path
        Empty or missing, or what an earlier call with the same settings has left.
    settings : SimulationSettings
    progress : callable, optional
        ``progress(done, total, participant)`` after every person, and once at the start.
    n_workers : int
        Processes; the bytes do not depend on it.

    Returns
    -------
    SimulatedDataset

    Raises
    ------
    DatasetError
        If `out` holds something else.
    UnknownName
        If a site or the scanner is unknown.
    SettingsError
        If nobody is to be simulated, or in less than one process.
    """
    require_settings(settings.cohort)
    if n_workers < 1:
        raise SettingsError(f"the number of processes is {n_workers}", expected="1 or more")
    if settings.scanner is not None:
        choose_scanner(settings.scanner)
    cohort = simulate_cohort(settings.cohort)
    plans = plan_people(cohort.participants, cohort.sessions, cohort.latent, settings)
    claim_folder(out, settings)
    write_tables(out, cohort, has_sessions=any(plan.has_sessions for plan in plans))
    waiting = [plan for plan in plans if not is_complete(out, plan)]
    done = len(plans) - len(waiting)
    if progress is not None:
        progress(done, len(plans), "")
    for name in _work_off(waiting, out, settings, n_workers):
        done += 1
        if progress is not None:
            progress(done, len(plans), name)
    return SimulatedDataset(out / RAW_FOLDER, out / TRUTH_FOLDER, len(plans))


def _work_off(
    plans: list[PersonPlan], out: Path, settings: SimulationSettings, n_workers: int
) -> Iterator[str]:
    if n_workers <= 1 or len(plans) <= 1:
        for plan in plans:
            simulate_person(plan, out, settings)
            yield plan.participant
        return
    context = multiprocessing.get_context("spawn")
    not_ours = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(min(n_workers, len(plans)), mp_context=context)
    try:
        with _deaf_children():
            tasks = {pool.submit(simulate_person, plan, out, settings): plan for plan in plans}
        for task in as_completed(tasks):
            task.result()
            yield tasks[task].participant
    except BaseException:  # also Ctrl-C and a caller that stops listening: nobody works on
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - not_ours:
            child.terminate()
        raise
    pool.shutdown()


@contextlib.contextmanager
def _deaf_children() -> Iterator[None]:
    """Let processes that start meanwhile ignore Ctrl-C: the one that started them ends them."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # not the main thread, which alone may set it
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
