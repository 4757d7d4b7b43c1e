"""``mslens study``: the published studies, on outputs of a run or on tables of your own."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from mslens.studies.edss_radiomics.request import Brought, Evaluating

study = App(name="study", help="Run a published study on the outputs of a run or on tables.")


@study.command(name="edss-radiomics")
def edss_radiomics(
    out: Path,
    /,
    *,
    brought: Annotated[Brought, Parameter(name="*", group="Your tables")] = Brought(),
    evaluating: Annotated[Evaluating, Parameter(name="*", group="How to judge")] = Evaluating(),
    config: Path | None = None,
    nprocs: int | None = None,
) -> int:
    """Predict disability from radiomics, volumes, disconnection and clinical data.

    Pontillo et al., AJNR 2021, with everything inside the training folds: selection funnel, four
    algorithms and their stack, internal and external test, model card, saved model, one page.

    Parameters
    ----------
    out
        Output folder of 'mslens run', or a new folder with --features and --clinical.
    config
        TOML file of settings; the study writes its own as settings.toml.
    nprocs
        Folds worked on at a time (default: 2 where there are two processors); at full width each
        takes more than 2 GB.
    """
    from mslens.pipeline.environment import prepare_environment

    prepare_environment()
    from mslens.studies.edss_radiomics.command import run_command

    started = time.monotonic()

    def tell(message: str) -> None:
        print(f"[{time.monotonic() - started:6.0f} s] {message}", file=sys.stderr)  # noqa: T201

    files = run_command(
        out, brought=brought, evaluating=evaluating, config=config, nprocs=nprocs, tell=tell
    )
    print(files.report)  # noqa: T201
    return 0
