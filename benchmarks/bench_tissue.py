"""Tissue against ANTs Atropos on the same images and priors, in the same run.

    python benchmarks/bench_tissue.py OUT SUBJECT [SUBJECT ...]

OUT is the output folder of ``mslens run``. Per subject: Dice of each tissue between our map and
Atropos with the same template priors, and CPU seconds of both, on one thread.
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
from mslens.io.nifti import load_volume
from mslens.io.transforms import load_transform
from mslens.segment.session_store import template_priors
from mslens.segment.tissue import TISSUES, TissueSettings, label_tissue, segment_tissue
from mslens.studies.run.names import session_outputs


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


def measure(subject: str, out: Path) -> None:
    names = session_outputs(out, subject=subject, session=None, reference="T1w")
    image = load_volume(names["filled"])
    mask = load_volume(names["brain_mask"], kind="mask").data
    priors = template_priors(image.grid, load_transform(names["inverse_xfm"]))
    start = time.process_time()
    maps = segment_tissue(
        image.data,
        mask,
        priors,
        voxel_size_mm=image.grid.voxel_size_mm,
        settings=TissueSettings(),
    )
    ours, middle = label_tissue(maps.probability), time.process_time()
    theirs, end = run_atropos(image.data, mask, priors), time.process_time()
    agreement = [
        2 * ((ours == k) & (theirs == k)).sum() / ((ours == k).sum() + (theirs == k).sum())
        for k in (1, 2, 3)
    ]
    dice = "  ".join(f"{name} {value:.3f}" for name, value in zip(TISSUES, agreement, strict=True))
    print(f"{subject}: {dice}  ours {middle - start:.1f} s, Atropos {end - middle:.1f} s CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("subjects", nargs="+")
    arguments = parser.parse_args()
    for subject in arguments.subjects:
        measure(subject, arguments.out)


if __name__ == "__main__":
    main()
