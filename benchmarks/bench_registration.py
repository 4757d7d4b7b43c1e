"""Compare our registrations with ANTs on real patients, side by side in one process.

    python benchmarks/bench_registration.py DATA RAW_OUT SKULLSTRIPPED_OUT [--methods M ...]

DATA is the folder of the reference data (MSLENS_TEST_DATA); the other two are outputs of
`mslens run` on its open_ms_bids/raw and open_ms_bids/skullstripped. Every method registers the
same brain (lesions filled, skull removed) to the same 1 mm template from the same rough affine
fit, on one thread. Tissue overlap is judged with maps that no template has touched (Atropos from
3-means). FLAIR to T1w is judged by the transforms that came with the data. Times are CPU seconds.
"""

from __future__ import annotations

import os

os.environ.update(ANTS_RANDOM_SEED="1", ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS="1")

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import ants
import numpy as np

from bench_preprocess import RAW, SPACE, anat, dice, tissue_without_template
from mslens.core.transform import AffineTransform, Transform, apply_affine
from mslens.core.volume import Volume
from mslens.image.displacement import fit_affine
from mslens.image.jacobian import jacobian_determinant
from mslens.image.resample import resample
from mslens.io.nifti import load_volume
from mslens.io.templates import load_template
from mslens.io.transforms import load_transform, save_transform
from mslens.preprocess.coregister import RigidSettings, register_rigid
from mslens.preprocess.to_template import NormaliseSettings, register_to_template

Chain = tuple[Transform, ...]


def to_ants(volume: Volume) -> ants.ANTsImage:
    to_lps = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.grid.affine
    sizes = np.asarray(volume.grid.voxel_size_mm)
    return ants.from_numpy(
        np.asarray(volume.data, dtype=np.float32),
        origin=list(to_lps[:3, 3]),
        spacing=list(sizes),
        direction=to_lps[:3, :3] / sizes,
    )


def timed(work: Callable[[], Chain]) -> tuple[Chain, float]:
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def by_ours(
    image: Volume, mask: np.ndarray, lesions: np.ndarray, first: AffineTransform
) -> tuple[Chain, float]:
    template = load_template(1.0)

    def work() -> Chain:
        found = register_to_template(
            image,
            mask,
            template,
            lesions,
            first=first,
            settings=NormaliseSettings(),
            rng=np.random.default_rng(1),
        )
        return (found.to_template,)

    work()  # Compiled kernels are loaded before the clock starts.
    return timed(work)


def by_ants(
    image: Volume, mask: np.ndarray, first: AffineTransform, kind: str
) -> tuple[Chain, float]:
    masked = image.like(np.where(mask, image.data, 0.0).astype(np.float32))
    fixed, moving = to_ants(masked), to_ants(load_template(1.0).t1w)
    with tempfile.TemporaryDirectory() as folder:
        start = Path(folder) / "first.txt"
        save_transform(start, first)

        def work() -> Chain:
            found = ants.registration(
                fixed,
                moving,
                kind,
                initial_transform=str(start),
                outprefix=f"{folder}/out",
                random_seed=1,
            )
            # ANTs applies the last of the list first.
            return tuple(load_ants(path, folder) for path in found["fwdtransforms"])

        return timed(work)


def load_ants(path: str, folder: str) -> Transform:
    if path.endswith(".nii.gz"):
        return load_transform(Path(path))
    text = Path(folder) / "affine.txt"
    ants.write_transform(ants.read_transform(path), str(text))
    return load_transform(text)


def judge(chain: Chain, mask: Volume, free: np.ndarray) -> dict[str, float]:
    template = load_template(1.0)
    brain = resample(template.brain, mask.grid, chain).data
    wm = resample(template.wm, mask.grid, chain).data > 0.5
    gm = resample(template.gm, mask.grid, chain).data > 0.5
    field = next(t for t in chain if not isinstance(t, AffineTransform))
    determinant = jacobian_determinant(field)
    return {
        "brain": dice(brain, mask.data),
        "WM": dice(wm, free == 3),
        "GM": dice(gm, free == 2),
        "folds": float(np.count_nonzero(determinant <= 0)),
        "smallest": float(determinant.min()),
    }


def compare_template(sessions: list[tuple[Path, str]], methods: list[str]) -> None:
    print("| session | method | brain | WM | GM | folds | smallest Jacobian | CPU s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    seconds: dict[str, list[float]] = defaultdict(list)
    for folder, who in sessions:
        stem = f"{who}_space-T1w"
        image = load_volume(folder / f"{who}_desc-filled_T1w.nii.gz")
        mask = load_volume(folder / f"{stem}_desc-brain_mask.nii.gz", kind="mask")
        lesions = load_volume(folder / f"{stem}_label-lesion_mask.nii.gz", kind="mask")
        coarse = f"{who}_from-{SPACE}_to-T1w_mode-image_desc-coarse_xfm.nii.gz"
        first = fit_affine(load_transform(folder / coarse))
        free = tissue_without_template(image, mask.data)
        for method in methods:
            if method == "ours":
                chain, cpu = by_ours(image, mask.data, lesions.data, first)
            else:
                chain, cpu = by_ants(image, mask.data, first, method)
            found = judge(chain, mask, free)
            seconds[method].append(cpu)
            print(
                f"| {who} | {method} | {found['brain']:.3f} | {found['WM']:.3f}"
                f" | {found['GM']:.3f} | {found['folds']:.0f} | {found['smallest']:.2f}"
                f" | {cpu:.1f} |",
                flush=True,
            )
    print_ratios(seconds)


def compare_rigid(data: Path, out: Path) -> None:
    print("\n| session | method | mean mm | 95th percentile mm | CPU s |")
    print("| --- | --- | --- | --- | --- |")
    seconds: dict[str, list[float]] = defaultdict(list)
    for subject, session, patient in RAW:
        folder, who = anat(out, subject, session)
        fixed = load_volume(folder / f"{who}_desc-preproc_T1w.nii.gz")
        mask = load_volume(folder / f"{who}_space-T1w_desc-brain_mask.nii.gz", kind="mask")
        source = data / "open_ms_bids" / "raw" / f"sub-{subject}" / f"ses-{session}" / "anat"
        moving = load_volume(source / f"{who}_FLAIR.nii.gz")
        supplied = data / "open_ms" / "longitudinal" / "raw" / patient
        truth = load_transform(supplied / f"study{session}_T1W_intrastudy_to_FLAIR.txt").inverse()
        points = mask.grid.to_world(np.argwhere(mask.data))
        for method, work in (("ours", rigid_by_ours), ("ANTs Rigid", rigid_by_ants)):
            (found,), cpu = work(fixed, moving, mask.data)
            away = np.linalg.norm(
                apply_affine(found.matrix, points) - apply_affine(truth.matrix, points), axis=1
            )
            seconds[method].append(cpu)
            print(
                f"| {who} | {method} | {away.mean():.2f} | {np.percentile(away, 95):.2f}"
                f" | {cpu:.1f} |",
                flush=True,
            )
    print_ratios(seconds)


def rigid_by_ours(fixed: Volume, moving: Volume, mask: np.ndarray) -> tuple[Chain, float]:
    def work() -> Chain:
        rng = np.random.default_rng(1)
        return (register_rigid(fixed, moving, mask, settings=RigidSettings(), rng=rng).transform,)

    work()
    return timed(work)


def rigid_by_ants(fixed: Volume, moving: Volume, _: np.ndarray) -> tuple[Chain, float]:
    one, other = to_ants(fixed), to_ants(moving)
    with tempfile.TemporaryDirectory() as folder:

        def work() -> Chain:
            found = ants.registration(one, other, "Rigid", outprefix=f"{folder}/out", random_seed=1)
            return (load_ants(found["fwdtransforms"][0], folder),)

        return timed(work)


def print_ratios(seconds: dict[str, list[float]]) -> None:
    if "ours" not in seconds:
        return
    ours = np.asarray(seconds["ours"])
    for method, values in seconds.items():
        if method != "ours":
            ratio = np.asarray(values) / ours
            print(
                f"\nCPU time, {method} / ours: median {np.median(ratio):.1f}"
                f" ({ratio.min():.1f}-{ratio.max():.1f}) over {len(ratio)} sessions"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name in ("data", "raw_out", "skullstripped_out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--methods", nargs="+", default=["ours", "SyN"])
    parser.add_argument("--sessions", nargs="*", default=None)
    parts = ("template", "flair")
    parser.add_argument("--parts", nargs="+", choices=parts, default=parts)
    options = parser.parse_args()
    sessions = [anat(options.skullstripped_out, s, None) for s in ("C19", "C26")]
    sessions += [anat(options.raw_out, subject, session) for subject, session, _ in RAW]
    if options.sessions is not None:
        sessions = [s for s in sessions if any(name in s[1] for name in options.sessions)]
    if "template" in options.parts:
        compare_template(sessions, options.methods)
    if "flair" in options.parts:
        compare_rigid(options.data, options.raw_out)


if __name__ == "__main__":
    main()
