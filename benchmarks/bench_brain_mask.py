"""Judge the brain mask on simulated heads and on real scans with consensus masks.

    python benchmarks/bench_brain_mask.py [--data DATA] [--heads KEPT] [--seed 900]

Simulated heads: one person each, of another seed, scanner and voxel size; the truth is the
person's intracranial space. Real heads: raw clinical scans of the open MS data (DATA is the folder
of the reference data, MSLENS_TEST_DATA), whose consensus masks are moved by the transforms that
came with them. Prints Dice, the shares of the mask outside and of the truth missed, the mean
distance of the surfaces, flags of the quality gate, and CPU seconds. Heads are kept in KEPT.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

from bench_preprocess import RAW, dice
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.templates import load_template
from mslens.io.transforms import load_transform
from mslens.preprocess.brain_mask import TEMPLATE_MM, BrainMaskSettings, find_brain
from mslens.simulate.acquisition_grid import store_as_scanned
from mslens.simulate.person import build_person
from mslens.simulate.scanners import choose_scanner
from mslens.simulate.truth import describe_truth
from mslens.simulate.visit import VisitState, build_scene, scan_scene

#: Scanner, voxel size of the anatomy (mm), sex, age, damage (SD), lesions (ml), contrast.
HEADS = (
    ("TrioSite1", 1.0, True, 41.0, 0.0, 10.0, "T1w"),
    ("Symphony", 1.0, False, 55.0, 0.8, 30.0, "T1w"),
    ("Prisma3D", 1.0, True, 29.0, -0.5, 3.0, "T1w"),
    ("Avanto", 2.0, False, 36.0, 0.3, 8.0, "T1w"),
    ("Skyra", 2.0, True, 62.0, 1.2, 20.0, "T1w"),
    ("Clinical2D", 2.0, False, 47.0, 0.0, 15.0, "FLAIR"),
)


def simulate_head(number: int, seed: int, kept: Path) -> tuple[Volume, Volume]:
    scanner, size, female, age, damage, load, suffix = HEADS[number]
    image_path = kept / f"seed-{seed}_head-{number}_{suffix}.nii.gz"
    mask_path = kept / f"seed-{seed}_head-{number}_mask.nii.gz"
    if not mask_path.exists():
        name = f"mask{number}"
        model = choose_scanner(scanner)
        person = build_person(
            seed=seed, name=name, female=female, load_ml=load, visits=[(0.0, "RR")],
            voxel_size_mm=size,
        )  # fmt: skip
        state = VisitState(
            name="1", age_years=age, duration_years=8.0, years=0.0, years_before=None,
            damage=np.full(7, damage),
        )  # fmt: skip
        scene = build_scene(person, state, voxel_size_mm=size)
        scan = scan_scene(scene, model, suffix, seed=seed, names=(name, "1"), motion_share=0.0)
        truth = describe_truth(scene, scan, previous_lesion=None).volumes["desc-brain_mask"]
        data, grid = store_as_scanned(scan.data, scan.slices.grid, model.sequences[suffix])
        save_volume(image_path, Volume(data, grid, "label"))
        inside = truth.like(np.asarray(truth.data, dtype=np.float32), "scalar")
        back = resample(inside, grid, (scan.to_anatomy,))
        save_volume(mask_path, Volume(np.asarray(back.data) >= 0.5, grid, "mask"))
    return load_volume(image_path), load_volume(mask_path, kind="mask")


def real_head(data: Path, subject: str, session: str, patient: str) -> tuple[Volume, Volume]:
    who = f"sub-{subject}_ses-{session}"
    raw = data / "open_ms_bids" / "raw"
    image = load_volume(raw / f"sub-{subject}" / f"ses-{session}" / "anat" / f"{who}_T1w.nii.gz")
    consensus = raw / "derivatives" / "consensus" / f"sub-{subject}"
    supplied = data / "open_ms" / "longitudinal" / "raw" / patient
    to_flair = load_transform(supplied / f"study{session}_T1W_intrastudy_to_FLAIR.txt").inverse()
    common = (
        consensus / f"ses-{session}" / "anat" / f"{who}_from-FLAIR_to-common_mode-image_xfm.txt"
    )
    mask_name = f"sub-{subject}_space-common_desc-brain_mask.nii.gz"
    truth = load_volume(consensus / "anat" / mask_name, kind="mask")
    return image, resample(truth, image.grid, (to_flair, load_transform(common).inverse()))


def surface_distance_mm(one: np.ndarray, other: np.ndarray, sizes: tuple[float, ...]) -> float:
    edges = [mask & ~ndimage.binary_erosion(mask) for mask in (one, other)]
    away = [ndimage.distance_transform_edt(~edge, sampling=sizes) for edge in edges]
    return float(np.concatenate([away[1][edges[0]], away[0][edges[1]]]).mean())


def judge(label: str, image: Volume, truth: Volume) -> None:
    start = time.process_time()
    found = find_brain(image, load_template(TEMPLATE_MM), settings=BrainMaskSettings())
    cpu = time.process_time() - start
    ours, real = np.asarray(found.mask.data), np.asarray(truth.data)
    mm = surface_distance_mm(ours, real, image.grid.voxel_size_mm)
    print(
        f"| {label} | {dice(ours, real):.3f} | {(ours & ~real).sum() / ours.sum():.3f}"
        f" | {(real & ~ours).sum() / real.sum():.3f} | {mm:.2f} | {len(found.flags)} | {cpu:.1f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--heads", type=Path)
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--only", type=int, nargs="*", default=range(len(HEADS)))
    options = parser.parse_args()
    print("| head | Dice | outside | missed | surfaces, mm | flags | CPU s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    if options.data is not None:
        for subject, session, patient in RAW:
            image, truth = real_head(options.data, subject, session, patient)
            judge(f"sub-{subject} ses-{session}", image, truth)
    with tempfile.TemporaryDirectory() as folder:
        kept = options.heads or Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        for number in options.only:
            scanner, size, *_, suffix = HEADS[number]
            image, truth = simulate_head(number, options.seed, kept)
            judge(f"simulated, {scanner} {suffix}, {size:g} mm", image, truth)


if __name__ == "__main__":
    main()
