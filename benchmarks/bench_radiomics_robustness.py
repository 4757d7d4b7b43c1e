"""Which of the 125,580 features survive a second measurement, on a simulated cohort.

    python benchmarks/bench_radiomics_robustness.py [-n 30] [--voxel-size 2] [--out DIR]

T1w images of simulated patients with their true parcels; each is measured again after noise, a
rotation of 2 degrees with re-interpolation, and half a voxel of translation. Two controls show
that the test can fail and pass: the second measurement is an unrelated noise image (nothing may
be robust), and the same image once more (everything that varies must be).
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from mslens.core.rng import make_rng
from mslens.io.nifti import load_volume, save_volume
from mslens.radiomics.perturb import Perturbation
from mslens.radiomics.robustness import ROBUSTNESS_PRESETS
from mslens.radiomics.steps import DisturbedSettings, assess_parts, extract_disturbed
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings

DISTURBANCES = (
    Perturbation(kind="noise", amount=0.05),
    Perturbation(kind="rotation", amount=2.0),
    Perturbation(kind="translation", amount=0.5),
)
SETTINGS = ROBUSTNESS_PRESETS["edss-radiomics"]


def find_one(folder: Path, pattern: str) -> Path:
    return min(folder.rglob(pattern))


def measure(
    subject: str, image: Path, labels: Path, out: Path, roles: list[str]
) -> dict[str, Path]:
    settings = DisturbedSettings(perturbations=DISTURBANCES, subject=subject)
    outputs = {role: out / f"{subject}_{role}.parquet" for role in roles}
    extract_disturbed({"image": image, "labels": labels}, outputs, settings)
    return {f"{role}/{subject}": path for role, path in outputs.items()}


def report(name: str, parts: dict[str, Path], out: Path) -> pd.DataFrame:
    outputs = {"table": out / f"{name}.parquet", "summary": out / f"{name}.tsv"}
    facts = assess_parts(parts, outputs, SETTINGS)
    table = pd.read_parquet(outputs["table"])
    share = table.groupby("feature_class")["robust"].mean().round(3).to_dict()
    print(
        f"{name}: {facts['robust']} of {facts['features']} robust "
        f"({facts['undefined']} undefined); {share}"
    )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=30)
    parser.add_argument("--voxel-size", type=float, default=2.0)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        out = arguments.out or Path(temporary)
        cohort = CohortSettings(n_patients=arguments.n, seed=11, repeated=False)
        dataset = simulate_dataset(
            out / "cohort",
            settings=SimulationSettings(
                cohort=cohort,
                voxel_size_mm=arguments.voxel_size,
                images=("T1w",),
                scanner=None,
                motion_share=0.0,
            ),
        )
        parts: dict[str, Path] = {}
        for folder in sorted(dataset.bids.glob("sub-*")):
            image = find_one(folder, "*_T1w.nii.gz")
            labels = find_one(dataset.truth / folder.name, "*parcels*_dseg.nii.gz")
            roles = ["original", *(d.name for d in DISTURBANCES)]
            parts |= measure(folder.name, image, labels, out, roles)
            volume = load_volume(image)
            rng = make_rng(0, folder.name)
            noise = volume.like(rng.normal(0, 1, volume.data.shape).astype(np.float32))
            save_volume(out / "noise.nii.gz", noise)
            unrelated = measure(folder.name + "x", out / "noise.nii.gz", labels, out, ["original"])
            parts[f"unrelated/{folder.name}"] = next(iter(unrelated.values()))
            parts[f"again/{folder.name}"] = parts[f"original/{folder.name}"]

        def choose(*names: str) -> dict[str, Path]:
            return {role: path for role, path in parts.items() if role.split("/")[0] in names}

        for disturbance in DISTURBANCES:
            report(disturbance.name, choose("original", disturbance.name), out)
        together = report("all", choose("original", *(d.name for d in DISTURBANCES)), out)
        by_image = together.groupby("image_type")["robust"].mean().round(3).to_dict()
        print("all, by image type:", by_image)
        report("unrelated", choose("original", "unrelated"), out)
        report("again", choose("original", "again"), out)


if __name__ == "__main__":
    main()
