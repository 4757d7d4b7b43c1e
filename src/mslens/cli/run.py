"""``mslens run``: the whole way over a BIDS dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from mslens.studies.run.request import Brought, Computing, Level, Selection


def run(
    bids: Path,
    out: Path,
    level: Level = "all",
    /,
    *,
    selection: Annotated[Selection, Parameter(name="*", group="What to work on")] = Selection(),
    brought: Annotated[Brought, Parameter(name="*", group="Your own results")] = Brought(),
    computing: Annotated[Computing, Parameter(name="*", group="How to run")] = Computing(),
    verbose: Annotated[bool, Parameter(name=("--verbose", "-v"), group="How to run")] = False,
) -> int:
    """Take a BIDS dataset to lesions, tissue, volumes, radiomics and reports.

    Resuming is the default: what is finished and unchanged is not computed again. One bad
    subject never stops the rest. Exit code 0 when all succeeded, 2 when some failed, 1 when
    none did.

    Parameters
    ----------
    bids
        BIDS dataset with T1w and FLAIR (T2w is used when present).
    out
        Output folder; made when missing.
    level
        "participant" works on subjects, "group" joins finished ones, "all" does both.
    verbose
        Show every step and every warning.
    """
    from mslens.studies.run.flow import run_dataset

    return run_dataset(
        bids,
        out,
        level=level,
        selection=selection,
        brought=brought,
        computing=computing,
        verbose=verbose,
    )
