"""Which of the 125,580 features survive a second measurement, on a simulated cohort.

    python benchmarks/bench_radiomics_robustness.py [-n 30] [--voxel-size 2] [--out DIR]

T1w images of simulated patients with their true parcels, the 114 marked ones, and their true
normal-appearing white matter; each is measured again after noise, a rotation of 2 degrees with
re-interpolation, and half a voxel of translation. Paper 000's rule decides: ICC >= 0.90. Two
controls show that the test can fail and pass: the second measurement is an unrelated noise image
(nothing but what the region's size alone fixes may be robust), and the same image once more
(everything that varies must be). Features that are known to be unstable under interpolation
(the finest wavelet band, HHH) and one known to be stable (the mean) are listed by themselves.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from mslens.core.rng import make_rng
from mslens.core.volume import Volume
from mslens.image.parcel_names import REGIONS
from mslens.io.nifti import load_volume, save_volume
from mslens.radiomics.perturb import Perturbation
from mslens.radiomics.robustness import ROBUSTNESS_PRESETS
from mslens.radiomics.steps import DisturbedSettings, assess_parts, extract_disturbed
from mslens.segment.nawm import NawmSettings, find_nawm
from mslens.segment.parcel_store import write_regions
from mslens.simulate.cohort import CohortSettings
from mslens.simulate.dataset import simulate_dataset
from mslens.simulate.settings import SimulationSettings

DISTURBANCES = (
    Perturbation(kind="noise", amount=0.05),
    Perturbation(kind="rotation", amount=2.0),
    Perturbation(kind="translation", amount=0.5),
)
SETTINGS = ROBUSTNESS_PRESETS["edss-radiomics"]
#: Features whose fate is known beforehand, by patterns of ``type_class_feature``.
KNOWN = {
    "known unstable, texture of the finest band": r"wavelet-HHH_(glcm|gldm|glrlm|glszm|ngtdm)_.*",
    "known unstable, single extreme voxels": r".*_firstorder_(Minimum|Maximum|Range)",
    "known stable, mean of the coarse images": r"(original|wavelet-LLL)_firstorder_(Mean|Median)",
}


def find_one(folder: Path, pattern: str) -> Path:
    return min(folder.rglob(pattern))


def write_nawm(truth: Path, path: Path) -> Path:
    """Write the true white matter without lesions and without its outermost voxels."""
    white = load_volume(find_one(truth, "*label-WM_probseg.nii.gz"))
    lesions = load_volume(find_one(truth, "*label-lesion_mask.nii.gz"), kind="mask")
    found = find_nawm(
        white.data > 0.5,
        lesions.data,
        voxel_size_mm=white.grid.voxel_size_mm,
        settings=NawmSettings(),
    )
    save_volume(path, Volume(found, white.grid, "mask"))
    return path


def measure(subject: str, inputs: dict[str, Path], out: Path, roles: list[str]) -> dict[str, Path]:
    settings = DisturbedSettings(perturbations=DISTURBANCES, subject=subject)
    outputs = {role: out / f"{subject}_{role}.parquet" for role in roles}
    extract_disturbed(inputs, outputs, settings)
    return {f"{role}/{subject}": path for role, path in outputs.items()}


def report(name: str, parts: dict[str, Path], out: Path) -> pd.DataFrame:
    outputs = {"table": out / f"{name}.parquet", "summary": out / f"{name}.tsv"}
    facts = assess_parts(parts, outputs, SETTINGS)
    table = pd.read_parquet(outputs["table"])
    table["feature_key"] = (
        table[["image_type", "feature_class", "feature"]].astype(str).agg("_".join, axis=1)
    )
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
        table = out / "parcels.tsv"
        write_regions(table, REGIONS)
        parts: dict[str, Path] = {}
        for folder in sorted(dataset.bids.glob("sub-*")):
            image = find_one(folder, "*_T1w.nii.gz")
            labels = find_one(dataset.truth / folder.name, "*parcels*_dseg.nii.gz")
            nawm = write_nawm(dataset.truth / folder.name, out / f"{folder.name}_nawm.nii.gz")
            inputs = {"image": image, "labels": labels, "table": table, "nawm": nawm}
            roles = ["original", *(d.name for d in DISTURBANCES)]
            parts |= measure(folder.name, inputs, out, roles)
            volume = load_volume(image)
            rng = make_rng(0, folder.name)
            noise = volume.like(rng.normal(0, 1, volume.data.shape).astype(np.float32))
            save_volume(out / "noise.nii.gz", noise)
            inputs["image"] = out / "noise.nii.gz"
            unrelated = measure(folder.name + "x", inputs, out, ["original"])
            parts[f"unrelated/{folder.name}"] = next(iter(unrelated.values()))
            parts[f"again/{folder.name}"] = parts[f"original/{folder.name}"]

        def choose(*names: str) -> dict[str, Path]:
            return {role: path for role, path in parts.items() if role.split("/")[0] in names}

        for disturbance in DISTURBANCES:
            report(disturbance.name, choose("original", disturbance.name), out)
        together = report("all", choose("original", *(d.name for d in DISTURBANCES)), out)
        by_image = together.groupby("image_type")["robust"].mean().round(3).to_dict()
        print("all, by image type:", by_image)
        for name, rows in KNOWN.items():
            chosen = together[together["feature_key"].str.fullmatch(rows)]
            print(f"{name}: {int(chosen['robust'].sum())} of {len(chosen)} robust")
        report("unrelated", choose("original", "unrelated"), out)
        report("again", choose("original", "again"), out)


if __name__ == "__main__":
    main()
