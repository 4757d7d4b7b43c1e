"""Everything that `mslens run` estimates, against the truth of simulated patients.

    python benchmarks/bench_truth.py FOLDER --people 20 --voxel-size 2 --nprocs 2

FOLDER is filled with the dataset and the output and can be used again after an interruption. The
seed is not one of those that the lesion model is trained on. Prints Markdown: one line per score,
then lesion Dice by true load. The scores say that the machinery works, not that it works in the
clinic.
"""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from mslens.simulate.cohort import CohortSettings
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings
from mslens.studies.run.flow import run_dataset
from mslens.studies.run.request import Computing, Selection
from mslens.studies.score.flow import TruthScores, score_run, write_scores

SEED = 90210
STAGES = ("preprocess", "segment", "longitudinal")
LOADS_ML = (0.0, 2.0, 5.0, 15.0, np.inf)


def make_scores(options: argparse.Namespace) -> TruthScores:
    cohort = CohortSettings(
        n_patients=options.people, seed=options.seed, n_returning=options.returning
    )
    settings = SimulationSettings(cohort=cohort, voxel_size_mm=options.voxel_size)
    dataset = simulate_dataset(
        options.folder / "simulated", settings=settings, n_workers=options.nprocs
    )
    out = options.folder / "out"
    code = run_dataset(
        dataset.bids,
        out,
        level="participant",
        selection=Selection(steps=STAGES),
        computing=Computing(nprocs=options.nprocs),
    )
    if code > 2:
        sys.exit(code)
    scores = score_run(out, dataset.truth)
    write_scores(scores, out)
    return scores


def text(value: float, digits: int = 3) -> str:
    return f"{value:.{digits}f}" if np.isfinite(value) else ""


def print_summary(scores: TruthScores) -> None:
    print("| compared | value | worst session | asked | n |\n| --- | --- | --- | --- | --- |")
    for row in scores.summary.itertuples():
        cells = (row.label, text(row.value), text(row.worst), text(row.asked, 2), str(row.n))
        print(f"| {' | '.join(cells)} |")


def print_loads(sessions: pd.DataFrame) -> None:
    print("\n| true lesion load, ml | sessions | Dice | found | false per session |")
    print("| --- | --- | --- | --- | --- |")
    for low, high in pairwise(LOADS_ML):
        part = sessions[sessions["true_lesion_ml"].between(low, high, inclusive="left")]
        if not len(part):
            continue
        share = part["lesions_detected"].sum() / max(1.0, part["lesions_true"].sum())
        print(
            f"| {low:g} to {high:g} | {len(part)} | {text(part['dice_lesion'].mean())}"
            f" | {text(share, 2)} | {text(part['false_positives'].mean(), 1)} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--returning", type=int, default=0)
    parser.add_argument("--voxel-size", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--nprocs", type=int, default=2)
    scores = make_scores(parser.parse_args())
    print_summary(scores)
    print_loads(scores.sessions)


if __name__ == "__main__":
    main()
