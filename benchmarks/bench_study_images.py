"""The study edss-radiomics on images: simulated patients through `mslens run`, then the study.

    python benchmarks/bench_study_images.py FOLDER --people 32 --voxel-size 2 --nprocs 2

No table is touched by hand between the two. FOLDER is that of `bench_truth.py` and can be used
again after an interruption. Prints sizes, time and the correlation with the true score: with so
few patients it shows that the way from images to the model works, and nothing else.
"""

from __future__ import annotations

from mslens.pipeline.environment import prepare_environment

prepare_environment()

import argparse  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from pathlib import Path  # noqa: E402

from mslens.simulate.cohort import CohortSettings  # noqa: E402
from mslens.simulate.dataset import simulate_dataset  # noqa: E402
from mslens.simulate.settings import SimulationSettings  # noqa: E402
from mslens.studies.edss_radiomics.command import run_command  # noqa: E402
from mslens.studies.edss_radiomics.request import Brought, Evaluating  # noqa: E402
from mslens.studies.run.flow import run_dataset  # noqa: E402
from mslens.studies.run.request import Computing, Selection  # noqa: E402

SEED = 90210
STAGES = ("preprocess", "segment", "longitudinal", "radiomics", "disconnect")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n    ")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument("--returning", type=int, default=2)
    parser.add_argument("--voxel-size", type=float, default=2.0)
    parser.add_argument("--nprocs", type=int, default=2)
    options = parser.parse_args()
    cohort = CohortSettings(n_patients=options.people, seed=SEED, n_returning=options.returning)
    settings = SimulationSettings(cohort=cohort, voxel_size_mm=options.voxel_size)
    dataset = simulate_dataset(
        options.folder / "simulated", settings=settings, n_workers=options.nprocs
    )
    out = options.folder / "out"
    code = run_dataset(
        dataset.bids,
        out,
        selection=Selection(steps=STAGES),
        computing=Computing(nprocs=options.nprocs),
    )
    if code > 2:
        sys.exit(code)
    started = time.process_time()
    files = run_command(
        out,
        brought=Brought(clinical=dataset.bids / "participants.tsv"),
        evaluating=Evaluating(folds=5, seed=1),
        config=None,
        tell=lambda message: print(message, file=sys.stderr),
    )
    result = json.loads(files.result.read_text())
    print(
        f"SIMULATED, {options.people} people at {options.voxel_size:g} mm; sizes:", result["sizes"]
    )
    print("funnel:", "; ".join(f"{row['left']}" for row in result["funnel"]))
    for row in result["performance"]:
        print(f"{row['set']:<9} {row['model']:<28} r {row['scores'].get('r')}")
    print(f"study: {time.process_time() - started:.0f} s CPU; {files.report}")


if __name__ == "__main__":
    main()
