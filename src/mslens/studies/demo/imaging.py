"""The first act: simulate patients, run everything on their images, judge it by the truth."""

from __future__ import annotations

import sys
from pathlib import Path

from mslens.io.tables import read_tsv
from mslens.simulate.dataset import SimulatedDataset, simulate_dataset
from mslens.studies.demo.act import Act, ActResult, Stage
from mslens.studies.demo.ahead import working_ahead
from mslens.studies.run.flow import run_dataset
from mslens.studies.run.request import Computing
from mslens.studies.score.flow import score_run, write_scores

_LEFT_OUT = "healthy controls, and with them the z-scores of volumes ('mslens demo OUT --full')"


def show_imaging(stage: Stage) -> ActResult:
    """Simulate, run every stage, score against the truth, write the group report.

    Parameters
    ----------
    stage : Stage

    Returns
    -------
    ActResult
    """
    # The light form's people are another dataset: nothing of it would be valid in the full one.
    folder = stage.folder / "full" if stage.is_full else stage.folder
    out = folder / "derivatives"
    computing = Computing(nprocs=stage.nprocs)
    with working_ahead() as wait_for_reference:
        dataset = _simulate(stage, folder)
        wait_for_reference()
        code = run_dataset(dataset.bids, out, level="participant", computing=computing)
    if code > 2:
        return ActResult(exit_code=code, pages={})
    write_scores(score_run(out, dataset.truth), out)
    group_code = run_dataset(dataset.bids, out, level="group", computing=computing)
    pages = {
        "the group, with scores against the truth": out / "group.html",
        "one patient": _choose_patient(dataset.bids, out),
    }
    skipped = () if stage.is_full else (_LEFT_OUT,)
    return ActResult(exit_code=max(code, group_code), pages=pages, skipped=skipped)


def _choose_patient(bids: Path, out: Path) -> Path:
    """Take the page of the first patient, who has two visits, else that of the group."""
    people = read_tsv(bids / "participants.tsv")
    patients = people.loc[people["group"] == "patient", "participant_id"]
    pages = (out / f"{patient}.html" for patient in patients)
    return next((page for page in pages if page.exists()), out / "group.html")


def _simulate(stage: Stage, folder: Path) -> SimulatedDataset:
    def tell(done: int, total: int, participant: str) -> None:
        print(f"[{done}/{total}] simulated {participant}".rstrip(), file=sys.stderr)  # noqa: T201

    return simulate_dataset(
        folder / "simulated",
        settings=stage.settings.simulation(is_full=stage.is_full),
        progress=tell,
        n_workers=stage.nprocs,
    )


IMAGING = Act("imaging", "Simulated patients, from images to the group report", show_imaging)
