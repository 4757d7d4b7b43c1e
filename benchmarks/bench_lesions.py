"""The lesion model and the fallback against masks that neither was fitted on.

    python benchmarks/bench_lesions.py real ../shared/data/open_ms_bids/skullstripped OUT
    python benchmarks/bench_lesions.py simulated OUT -n 12 --voxel-size 2

``real`` refits the model without each patient in turn (as ``mslens train-lesions --leave-out``
does, with the simulated people of the packaged model) and judges it by that patient, beside the
fallback and the plain WM z-score hysteresis. ``simulated`` judges the packaged model by people
of another seed, through the preprocessing of ``mslens run``. A lesion of at least 14 mm3 counts
as found when one voxel is hit; a false positive touches no true lesion. CPU is that of both
models together.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from mslens.core.arrays import MaskArray
from mslens.image.components import keep_overlapping
from mslens.io.bids import index_dataset
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_model import LesionModel
from mslens.segment.lesion_model_store import load_lesion_model
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings
from mslens.studies.train_lesions.flow import train_on_dataset
from mslens.studies.train_lesions.judge import JudgedCase, judge_case, score_mask
from mslens.studies.train_lesions.masks import find_drawn_sessions
from mslens.studies.train_lesions.prepare import load_case, preprocess_sessions
from mslens.studies.train_lesions.request import TrainingData

CONTRASTS = ("FLAIR", "FLAIR+T1w", "FLAIR+T1w+T2w")
#: Simulated people that the packaged model learnt from; the seed of the others is another.
SIMULATED, TEST_SEED = 105, 77


def plain_hysteresis(case: LesionCase) -> MaskArray:
    """WM z-score above 2 joined to z above 4, where the template is WM: the baseline."""
    white, flair, mask = case.geography[2], case.flair, case.mask
    sure = (white > 0.95) & mask
    middle = np.median(flair[sure])
    spread = 1.4826 * np.median(np.abs(flair[sure] - middle))
    z = np.where(mask & (white > 0.5), (flair - middle) / spread, 0)
    return np.asarray(keep_overlapping(z > 2, z > 4))


def load_cases(dataset: Path, work: Path, data: TrainingData) -> Iterable[LesionCase]:
    index = index_dataset(dataset.absolute())
    sessions = find_drawn_sessions(index, data)
    preprocess_sessions(sessions, work, root=index.root.absolute(), nprocs=1)
    return (load_case(images, work) for images in sessions)


def judge(case: LesionCase, model: LesionModel) -> list[JudgedCase]:
    judged = []
    for contrasts in CONTRASTS:
        start = time.process_time()
        one = judge_case(case, contrasts, model)
        seconds = time.process_time() - start
        print(f"{case.name:14s} {contrasts:15s} model    {one.model}  {seconds:.1f} s CPU")
        print(f"{'':14s} {'':15s} fallback {one.fallback}", flush=True)
        judged.append(one)
    return judged


def bench_real(dataset: Path, out: Path) -> None:
    labels = [case.name for case in load_cases(dataset, out / "work", TrainingData())]
    for label in labels:
        folder = out / f"without-{label}"
        data = TrainingData(leave_out=(label,), simulated=SIMULATED, nprocs=1)
        path = train_on_dataset(dataset, folder, data=data, tell=lambda _: None)
        (case,) = (c for c in load_cases(dataset, out / "work", TrainingData()) if c.name == label)
        plain = score_mask(plain_hysteresis(case), case.lesions, voxel_size_mm=case.voxel_size_mm)
        print(f"{case.name:14s} {'FLAIR':15s} z-score  {plain}")
        judge(case, load_lesion_model(path))


def bench_simulated(out: Path, n: int, voxel_size_mm: float, model: LesionModel) -> None:
    cohort = CohortSettings(n_patients=n, seed=TEST_SEED, sites=("site1", "site2"))
    settings = SimulationSettings(cohort=cohort, voxel_size_mm=voxel_size_mm)
    made = simulate_dataset(out / "people", settings=settings)
    data = TrainingData(derivatives=made.truth)
    results: dict[str, list[JudgedCase]] = defaultdict(list)
    for case in load_cases(made.bids, out / "work", data):
        for one in judge(case, model):
            results[one.contrasts].append(one)
    for contrasts, judged in results.items():
        for name in ("model", "fallback"):
            print(f"{contrasts:15s} {name:8s} {summarise(judged, name)}")


def summarise(judged: list[JudgedCase], name: str) -> str:
    scores = [getattr(one, name) for one in judged]
    large = [score.dice for score in scores if score.true_ml > 2]
    small = [score.dice for score in scores if score.true_ml <= 2]
    load = spearmanr([s.true_ml for s in scores], [s.volume_ml for s in scores]).statistic
    bias = np.mean([s.volume_ml - s.true_ml for s in scores])
    found = sum(s.found for s in scores) / max(1, sum(s.lesions for s in scores))
    false = np.mean([s.false_positives for s in scores])
    return (
        f"Dice above 2 ml {np.mean(large):.3f} (n {len(large)}, lowest {min(large):.3f}), below "
        f"{np.mean(small) if small else np.nan:.3f} (n {len(small)}); Spearman of the load "
        f"{load:.3f}, bias {bias:+.2f} ml; lesions found {found:.0%}, false positives "
        f"{false:.1f} per person"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    real = commands.add_parser("real")
    real.add_argument("dataset", type=Path)
    real.add_argument("out", type=Path)
    simulated = commands.add_parser("simulated")
    simulated.add_argument("out", type=Path)
    simulated.add_argument("-n", type=int, default=12)
    simulated.add_argument("--voxel-size", type=float, default=2.0)
    simulated.add_argument("--model", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "real":
        bench_real(arguments.dataset, arguments.out)
    else:
        model = load_lesion_model(*([] if arguments.model is None else [arguments.model]))
        bench_simulated(arguments.out, arguments.n, arguments.voxel_size, model)


if __name__ == "__main__":
    main()
