"""The first act: simulate patients, run everything on their images, judge it by the truth."""

from __future__ import annotations

import sys

from mslens.simulate.dataset import SimulatedDataset, simulate_dataset
from mslens.studies.demo.act import Act, ActResult, Stage
from mslens.studies.run.flow import run_dataset
from mslens.studies.run.request import Computing
from mslens.studies.score.flow import score_run, write_scores


def show_imaging(stage: Stage) -> ActResult:
    """Simulate, run every stage, score against the truth, write the group report.

    Parameters
    ----------
    stage : Stage

    Returns
    -------
    ActResult
    """
    dataset = _simulate(stage)
    out = stage.folder / "derivatives"
    computing = Computing(nprocs=stage.nprocs)
    code = run_dataset(dataset.bids, out, level="participant", computing=computing)
    if code > 2:
        return ActResult(exit_code=code, pages={})
    write_scores(score_run(out, dataset.truth), out)
    group_code = run_dataset(dataset.bids, out, level="group", computing=computing)
    pages = {
        "the group, with scores against the truth": out / "group.html",
        "one patient": min(out.glob("sub-*.html"), default=out / "group.html"),
    }
    return ActResult(exit_code=max(code, group_code), pages=pages)


def _simulate(stage: Stage) -> SimulatedDataset:
    def tell(done: int, total: int, participant: str) -> None:
        print(f"[{done}/{total}] simulated {participant}".rstrip(), file=sys.stderr)  # noqa: T201

    return simulate_dataset(
        stage.folder / "simulated",
        settings=stage.settings.simulation(),
        progress=tell,
        n_workers=stage.nprocs,
    )


IMAGING = Act("imaging", "Simulated patients, from images to the group report", show_imaging)
