"""Judge the preprocessing of real patients by the references that came with their data.

    python benchmarks/bench_preprocess.py DATA RAW_OUT SKULLSTRIPPED_OUT

DATA is the folder of the reference data (MSLENS_TEST_DATA); the other two are outputs of
`mslens run` on its open_ms_bids/raw and open_ms_bids/skullstripped. Prints Markdown tables: brain
mask (Dice), FLAIR to T1w (mean displacement in the brain, mm), template (overlap with tissue maps
that know no template, smallest Jacobian) and lesions (Dice, lesion-wise sensitivity, false
positives).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import ants
import numpy as np
from scipy import ndimage

from mslens.core.transform import apply_affine
from mslens.core.volume import Volume
from mslens.image.jacobian import jacobian_determinant
from mslens.image.resample import resample
from mslens.io.nifti import load_volume
from mslens.io.templates import load_template
from mslens.io.transforms import load_transform

RAW = (("L01", "1", "patient01"), ("L01", "2", "patient01"), ("L03", "2", "patient03"))
SPACE = "MNI152NLin2009aSym"


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2 * float((one & other).sum()) / float(one.sum() + other.sum())


def anat(out: Path, subject: str, session: str | None) -> tuple[Path, str]:
    who = f"sub-{subject}" + (f"_ses-{session}" if session else "")
    return out / who.replace("_", "/") / "anat", who


def judge_brain_and_flair(data: Path, out: Path) -> None:
    print("| session | brain Dice | FLAIR -> T1w, mean mm | 95th percentile mm |")
    print("| --- | --- | --- | --- |")
    consensus = data / "open_ms_bids" / "raw" / "derivatives" / "consensus"
    for subject, session, patient in RAW:
        folder, who = anat(out, subject, session)
        mask = load_volume(folder / f"{who}_space-T1w_desc-brain_mask.nii.gz", kind="mask")
        raw = data / "open_ms" / "longitudinal" / "raw" / patient
        to_flair = load_transform(raw / f"study{session}_T1W_intrastudy_to_FLAIR.txt").inverse()
        common = consensus / f"sub-{subject}" / f"ses-{session}" / "anat"
        to_common = load_transform(
            common / f"{who}_from-FLAIR_to-common_mode-image_xfm.txt"
        ).inverse()
        name = f"sub-{subject}_space-common_desc-brain_mask.nii.gz"
        truth = load_volume(consensus / f"sub-{subject}" / "anat" / name, kind="mask")
        moved = resample(truth, mask.grid, (to_flair, to_common))
        ours = load_transform(folder / f"{who}_from-FLAIR_to-T1w_mode-image_xfm.txt")
        points = mask.grid.to_world(np.argwhere(mask.data))
        away = np.linalg.norm(
            apply_affine(ours.matrix, points) - apply_affine(to_flair.matrix, points), axis=1
        )
        print(
            f"| {who} | {dice(mask.data, moved.data):.3f} | {away.mean():.2f}"
            f" | {np.percentile(away, 95):.2f} |"
        )


def tissue_without_template(image: Volume, mask: np.ndarray) -> np.ndarray:
    """Label CSF, GM, WM (1, 2, 3) by ANTs' Atropos from 3-means, without any prior."""
    grid = image.grid
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ grid.affine
    place = {
        "origin": list(to_lps[:3, 3]),
        "spacing": list(grid.voxel_size_mm),
        "direction": to_lps[:3, :3] / np.asarray(grid.voxel_size_mm),
    }
    found = ants.atropos(
        a=ants.from_numpy(np.asarray(image.data, dtype=np.float32), **place),
        x=ants.from_numpy(mask.astype(np.float32), **place),
        i="kmeans[3]",
        m="[0.2,1x1x1]",
        c="[5,0]",
    )
    return np.asarray(found["segmentation"].numpy(), dtype=int)


def judge_template(sessions: list[tuple[Path, str]]) -> None:
    template = load_template(1.0)
    print("\n| session | brain | WM | GM | smallest Jacobian | WM, ours | GM, ours |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for folder, who in sessions:
        mask = load_volume(folder / f"{who}_space-T1w_desc-brain_mask.nii.gz", kind="mask")
        image = load_volume(folder / f"{who}_desc-filled_T1w.nii.gz")
        ours = load_volume(folder / f"{who}_space-T1w_desc-tissue_dseg.nii.gz", kind="label").data
        back = load_transform(folder / f"{who}_from-{SPACE}_to-T1w_mode-image_xfm.nii.gz")
        there = load_transform(folder / f"{who}_from-T1w_to-{SPACE}_mode-image_xfm.nii.gz")
        brain = resample(template.brain, mask.grid, (back,)).data
        wm = resample(template.wm, mask.grid, (back,)).data > 0.5
        gm = resample(template.gm, mask.grid, (back,)).data > 0.5
        free = tissue_without_template(image, mask.data)
        smallest = min(jacobian_determinant(back).min(), jacobian_determinant(there).min())
        print(
            f"| {who} | {dice(brain, mask.data):.3f} | {dice(wm, free == 3):.3f}"
            f" | {dice(gm, free == 2):.3f} | {smallest:.2f}"
            f" | {dice(wm, ours == 3):.3f} | {dice(gm, ours == 2):.3f} |"
        )


def judge_lesions(data: Path, out: Path) -> None:
    print("\n| patient | true ml | found ml | Dice | lesions found | false positives |")
    print("| --- | --- | --- | --- | --- | --- |")
    root = data / "open_ms_bids" / "skullstripped" / "derivatives" / "consensus"
    for subject in ("C19", "C26"):
        name = f"sub-{subject}_space-T1w_label-lesion_mask.nii.gz"
        truth = load_volume(root / f"sub-{subject}" / "anat" / name, kind="mask")
        found = load_volume(anat(out, subject, None)[0] / name, kind="mask")
        real, n_real = ndimage.label(truth.data, np.ones((3, 3, 3)))
        made, n_made = ndimage.label(found.data, np.ones((3, 3, 3)))
        hit = len(np.unique(real[found.data & truth.data]))
        right = len(np.unique(made[found.data & truth.data]))
        ml = truth.grid.voxel_volume_ml
        print(
            f"| {subject} | {truth.data.sum() * ml:.1f} | {found.data.sum() * ml:.1f}"
            f" | {dice(truth.data, found.data):.3f} | {hit} of {n_real} | {n_made - right}"
            f" of {n_made} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name in ("data", "raw_out", "skullstripped_out"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    judge_brain_and_flair(options.data, options.raw_out)
    sessions = [anat(options.raw_out, subject, session) for subject, session, _ in RAW]
    sessions += [anat(options.skullstripped_out, s, None) for s in ("C19", "C26")]
    judge_template(sessions)
    judge_lesions(options.data, options.skullstripped_out)


if __name__ == "__main__":
    main()
