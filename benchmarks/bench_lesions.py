"""Lesions of the unsupervised fallback against the consensus masks of real patients.

    python benchmarks/bench_lesions.py ../shared/data/open_ms_bids/skullstripped OUT

OUT is the output folder of ``mslens run`` on that dataset: its brain masks, corrected images and
coarse registration are used. Per patient and set of contrasts: Dice, volume, lesions found
(consensus lesions of at least 14 mm3 that the mask touches), false positives (lesions that touch
no consensus lesion) and CPU seconds of scoring, beside the plain WM z-score hysteresis that the
fallback replaces. docs/segment.md says what was chosen with an eye on these patients.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mslens.core.arrays import Array, MaskArray
from mslens.image.components import keep_overlapping, label_components
from mslens.io.nifti import load_volume
from mslens.io.transforms import load_transform
from mslens.segment.lesions import LesionSettings, score_lesions, threshold_lesions
from mslens.segment.session_store import template_priors
from mslens.studies.run.names import session_outputs

CONTRASTS = (("flair",), ("flair", "preproc"), ("flair", "preproc", "t2w"))
MODALITY = {"flair": "FLAIR", "preproc": "T1w", "t2w": "T2w"}


#: A ball of 3 mm, the smallest lesion that the consensus criteria count.
MIN_VOLUME_ML = 0.014


@dataclass(frozen=True)
class Score:
    """Agreement of a lesion mask with the truth."""

    dice: float
    volume_ml: float
    found: int
    lesions: int
    false_positives: int

    @classmethod
    def of(cls, mask: MaskArray, truth: MaskArray, voxel_ml: float) -> Score:
        """Compare a mask with the truth; tiny consensus lesions count for Dice only."""
        both = int((mask & truth).sum())
        ours = label_components(mask)
        theirs = label_components(truth, min_voxels=round(MIN_VOLUME_ML / voxel_ml))
        return cls(
            dice=2 * both / max(1, int(mask.sum() + truth.sum())),
            volume_ml=float(mask.sum()) * voxel_ml,
            found=len(np.setdiff1d(theirs[mask & truth], 0)),
            lesions=int(theirs.max()),
            false_positives=int(ours.max()) - len(np.unique(ours[mask & truth])),
        )

    def __str__(self) -> str:
        sensitivity = self.found / max(1, self.lesions)
        return (
            f"Dice {self.dice:.3f}  volume {self.volume_ml:5.1f} ml  "
            f"found {self.found:3d}/{self.lesions} ({sensitivity:.0%})  "
            f"false positives {self.false_positives:3d}"
        )


def plain_hysteresis(flair: Array, mask: Array, priors: Array) -> MaskArray:
    """WM z-score above 2 joined to z above 4, where the template is WM: the baseline."""
    white = (priors[2] > 0.95) & mask
    middle = np.median(flair[white])
    spread = 1.4826 * np.median(np.abs(flair[white] - middle))
    z = np.where(mask & (priors[2] > 0.5), (flair - middle) / spread, 0)
    return np.asarray(keep_overlapping(z > 2, z > 4))


def measure(subject: str, out: Path, consensus: Path) -> None:
    names = session_outputs(out, subject=subject, session=None, reference="T1w")
    truth = load_volume(consensus, kind="mask")
    mask = load_volume(names["brain_mask"], kind="mask")
    mask.grid.require_close(truth.grid, ours="the brain mask", theirs="the consensus mask")
    images = {role: load_volume(names[role]).data for role in MODALITY}
    priors = template_priors(mask.grid, load_transform(names["coarse_xfm"]))
    size, voxel_ml = mask.grid.voxel_size_mm, mask.grid.voxel_volume_ml
    print(f"{subject}: consensus {truth.data.sum() * voxel_ml:.1f} ml")
    plain = plain_hysteresis(images["flair"], mask.data, priors)
    print(f"  {'WM z-score hysteresis':22s} {Score.of(plain, truth.data, voxel_ml)}")
    settings = LesionSettings()
    for roles in CONTRASTS:
        start = time.process_time()
        flair, *others = (images[role] for role in roles)
        scored = score_lesions(
            flair, mask.data, priors, others, voxel_size_mm=size, settings=settings
        )
        found = threshold_lesions(
            scored.score, scored.brightness, voxel_size_mm=size, settings=settings
        )
        seconds = time.process_time() - start
        label = " + ".join(MODALITY[role] for role in roles)
        print(f"  {label:22s} {Score.of(found, truth.data, voxel_ml)}  {seconds:.1f} s CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    folder = arguments.dataset / "derivatives" / "consensus"
    for consensus in sorted(folder.glob("sub-*/anat/*_label-lesion_mask.nii.gz")):
        measure(consensus.name.split("_")[0].removeprefix("sub-"), arguments.out, consensus)


if __name__ == "__main__":
    main()
