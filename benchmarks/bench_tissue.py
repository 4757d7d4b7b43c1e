"""Tissue against ANTs Atropos on the same images and priors, in the same run.

    python benchmarks/bench_tissue.py OUT SUBJECT [SUBJECT ...]
    python benchmarks/bench_tissue.py OUT SUBJECT [SUBJECT ...] --session 1 --truth TRUTH

OUT is the output folder of ``mslens run``. Per subject: Dice of each tissue between our map and
Atropos with the same template priors, and CPU seconds of both, on one thread. With the truth of
simulated people also volume over the true one less 1, and Dice with the true map, of the classes,
of the shares of voxels and of Atropos' classes. Lesions are left to each method as it treats them.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"
os.environ["ANTS_RANDOM_SEED"] = "1"

from mslens.core.arrays import Array
from mslens.evaluate.dice import measure_dice
from mslens.io.nifti import load_volume
from mslens.io.transforms import load_transform
from mslens.segment.session_store import template_priors
from mslens.segment.tissue import (
    TISSUE_LABELS,
    TISSUES,
    TissueSettings,
    label_tissue,
    segment_tissue,
)
from mslens.studies.run.names import session_outputs

#: Name of a way -> deviation of three volumes, and three Dice coefficients.
Rows = dict[str, Array]


def run_atropos(image: Array, mask: Array, priors: Array) -> Array:
    """Label tissue by Atropos; voxels only, so that no orientation is involved."""
    import ants

    found = ants.atropos(
        a=ants.from_numpy(image.astype(np.float64)),
        x=ants.from_numpy(mask.astype(np.float64)),
        i=[ants.from_numpy(prior.astype(np.float64)) for prior in priors],
        priorweight=0.25,
        m="[0.2,1x1x1]",
        c="[5,0]",
    )
    return np.rint(found["segmentation"].numpy()).astype(int)


def measure(subject: str, session: str | None, out: Path, truth: Path | None) -> Rows:
    names = session_outputs(out, subject=subject, session=session, reference="T1w")
    image = load_volume(names["filled"])
    mask = load_volume(names["brain_mask"], kind="mask").data
    priors = template_priors(image.grid, load_transform(names["inverse_xfm"]))
    start = time.process_time()
    maps = segment_tissue(
        image.data,
        mask,
        priors,
        load_volume(names["lesions"], kind="mask").data if names["lesions"].exists() else None,
        voxel_size_mm=image.grid.voxel_size_mm,
        settings=TissueSettings(),
    )
    ours, middle = label_tissue(maps.probability), time.process_time()
    theirs, end = run_atropos(image.data, mask, priors), time.process_time()
    dice = "  ".join(
        f"{name} {value:.3f}" for name, value in zip(TISSUES, overlap(ours, theirs), strict=True)
    )
    print(f"{subject}: {dice}  ours {middle - start:.1f} s, Atropos {end - middle:.1f} s CPU")
    if truth is None:
        return {}
    true = session_outputs(truth, subject=subject, session=session, reference="T1w")
    volumes = np.array([load_volume(true[name]).data.sum() for name in TISSUES])
    labels = load_volume(true["tissue"], kind="label").data
    found = {
        "classes": (ours, [(ours == k).sum() for k in TISSUE_LABELS.values()]),
        "shares": (label_tissue(maps.share), list(maps.share.sum(axis=(1, 2, 3)))),
        "Atropos": (theirs, [(theirs == k).sum() for k in TISSUE_LABELS.values()]),
    }
    return {
        name: np.array([*(np.array(sums) / volumes - 1), *overlap(kinds, labels)])
        for name, (kinds, sums) in found.items()
    }


def overlap(one: Array, other: Array) -> list[float]:
    """Dice of each tissue."""
    return [measure_dice(one == k, other == k) for k in TISSUE_LABELS.values()]


def summarise(measured: list[Rows]) -> None:
    for name in measured[0]:
        rows = np.stack([found[name] for found in measured])
        mean, low, high = rows.mean(axis=0), rows.min(axis=0), rows.max(axis=0)
        cells = [
            f"{t} {100 * m:+.1f}% ({100 * a:+.1f} to {100 * b:+.1f})"
            for t, m, a, b in zip(TISSUES, mean[:3], low[:3], high[:3], strict=True)
        ]
        dice = ", ".join(f"{t} {m:.3f}" for t, m in zip(TISSUES, mean[3:], strict=True))
        print(f"SIMULATED, {len(rows)} people, {name}: volume {', '.join(cells)}; Dice {dice}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("subjects", nargs="+")
    parser.add_argument("--session")
    parser.add_argument("--truth", type=Path)
    given = parser.parse_args()
    measured = [measure(one, given.session, given.out, given.truth) for one in given.subjects]
    if given.truth is not None:
        summarise(measured)


if __name__ == "__main__":
    main()
