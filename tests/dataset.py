"""A small BIDS dataset of phantoms on disk, whole or broken in one stated way."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np

from phantom import Head, make_head

Breakage = Callable[[Path], None]

#: For runs whose registrations need not be good.
QUICK_SETTINGS = """
[normalise.linear]
levels_mm = [8.0]
smoothness_mm = [8.0]
kept_starts = [1]
max_iterations = 1
[normalise.deformable]
levels_mm = [8.0]
iterations = [5]
[brain_mask.template.fit.deformable]
levels_mm = [8.0]
iterations = [5]
"""


@functools.cache
def head(voxel_size_mm: float = 5.0, seed: int = 0) -> Head:
    return make_head(voxel_size_mm, seed=seed)


def write_image(path: Path, data: np.ndarray, affine: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(data, affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    nib.save(image, path)
    return path


def write_dataset_root(root: Path, subjects: list[str]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    description = {"Name": "phantoms", "BIDSVersion": "1.10.0", "DatasetType": "raw"}
    (root / "dataset_description.json").write_text(json.dumps(description))
    rows = [f"sub-{s}\t{30 + i}\t{'FM'[i % 2]}" for i, s in enumerate(subjects)]
    (root / "participants.tsv").write_text("participant_id\tage\tsex\n" + "\n".join(rows) + "\n")
    return root


def image_path(root: Path, subject: str, suffix: str, session: str | None = None) -> Path:
    parts = [f"sub-{subject}", *([f"ses-{session}"] if session else [])]
    return root.joinpath(*parts, "anat", "_".join([*parts, suffix]) + ".nii.gz")


def write_session(
    root: Path,
    subject: str,
    *,
    session: str | None = None,
    suffixes: tuple[str, ...] = ("T1w", "FLAIR"),
    voxel_size_mm: float = 5.0,
    seed: int = 0,
) -> None:
    truth = head(voxel_size_mm, seed)
    for suffix in suffixes:
        volume = truth.t1w if suffix == "T1w" else truth.flair
        write_image(
            image_path(root, subject, suffix, session), volume.data, np.array(volume.grid.affine)
        )
