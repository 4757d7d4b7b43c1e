"""`mslens demo`: claim a folder, perform every act, say where the reports are."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from mslens.core.errors import MslensError, SettingsError
from mslens.pipeline.environment import prepare_environment
from mslens.pipeline.resources import count_cpus
from mslens.simulate.dataset_store import claim_folder
from mslens.studies.demo.act import Act, ActResult, Stage
from mslens.studies.demo.acts import ACTS
from mslens.studies.demo.settings import DemoSettings

#: Holds the settings of the demo, and marks its folder.
SETTINGS_FILE = "demo.toml"
_WARNING = "Simulated people: this shows the flow, not the performance."


def run_demo(
    out: Path,
    *,
    is_full: bool = False,
    nprocs: int | None = None,
    settings: DemoSettings | None = None,
    acts: tuple[Act, ...] = ACTS,
) -> int:
    """Perform the acts of the demo in a folder, or finish a demo that was interrupted.

    Parameters
    ----------
    out : Path
        Empty or missing, or what an earlier demo has left.
    is_full : bool
        Whether acts show their full width.
    nprocs : int, optional
        Processes; default: as many as this process may use.
    settings : DemoSettings, optional
        Default: those of the demo.
    acts : tuple of Act

    Returns
    -------
    int
        0 when all succeeded, 2 when something failed, 1 when nothing succeeded.

    Raises
    ------
    DatasetError
        If `out` holds something else.
    SettingsError
        If `nprocs` is not 1 or more.
    """
    prepare_environment()
    if nprocs is not None and nprocs < 1:
        raise SettingsError(f"the number of processes is {nprocs}", expected="1 or more")
    settings = DemoSettings() if settings is None else settings
    claim_folder(out, settings, name=SETTINGS_FILE)
    results: list[tuple[Act, ActResult]] = []
    for number, act in enumerate(acts, start=1):
        _tell(f"Act {number} of {len(acts)}: {act.title}")
        start = time.perf_counter()
        stage = Stage(
            folder=out.absolute() / act.name,
            settings=settings,
            nprocs=count_cpus() if nprocs is None else nprocs,
            is_full=is_full,
        )
        result = _perform(act, stage)
        if result.exit_code > 2:
            return result.exit_code
        _tell(f"Act {number} took {time.perf_counter() - start:.0f} s")
        results.append((act, result))
    _close(results)
    codes = [result.exit_code for _, result in results]
    if codes and all(code == 1 for code in codes):
        return 1
    return 2 if any(codes) else 0


def _perform(act: Act, stage: Stage) -> ActResult:
    """Perform one act; that it cannot be done does not take the others away."""
    try:
        return act.perform(stage)
    except MslensError as error:
        _tell(f"{type(error).__name__}: {error}")
        return ActResult(exit_code=1, pages={})


def _close(results: list[tuple[Act, ActResult]]) -> None:
    for act, result in results:
        for reason in result.skipped:
            _tell(f"Skipped in '{act.title}': {reason}")
    _tell(_WARNING)
    for _, result in results:
        for label, page in result.pages.items():
            print(f"Open {page}  ({label})")  # noqa: T201


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
