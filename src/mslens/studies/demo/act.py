"""One act of the demo: a job of the product, shown in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mslens.studies.demo.settings import DemoSettings


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What an act is given.

    Parameters
    ----------
    folder : Path
        The act's own, inside the demo's; may hold what an interrupted demo has left.
    settings : DemoSettings
    nprocs : int
        Processes that it may use.
    is_full : bool
        Whether the act shows its full width, which may take half an hour.
    """

    folder: Path
    settings: DemoSettings
    nprocs: int
    is_full: bool


@dataclass(frozen=True, kw_only=True)
class ActResult:
    """What came of an act.

    Parameters
    ----------
    exit_code : int
        0 all succeeded, 2 some failed, 1 none did, above 2 stopped by a signal.
    pages : mapping of what it is to Path
        What to open.
    skipped : tuple of str
        What was left out, each with its reason.
    """

    exit_code: int
    pages: dict[str, Path]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Act:
    """A job of the product.

    Parameters
    ----------
    name : str
        Its folder.
    title : str
        What it shows, in one line.
    perform : callable
        Must resume: called again on the same folder, it finishes what is missing.
    """

    name: str
    title: str
    perform: Callable[[Stage], ActResult]
