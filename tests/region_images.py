"""Small images with label maps on disk, whole or wrong in one stated way."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

SHAPE = (14, 13, 12)


def make_image(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    i, j, _ = np.indices(SHAPE)
    return (100 + 3 * i - 2 * j + rng.normal(0, 8, SHAPE) + 5 * seed).astype(np.float32)


def make_labels() -> np.ndarray:
    labels = np.zeros(SHAPE, dtype=np.int32)
    labels[1:6, 2:11, 2:10] = 3
    labels[7:12, 2:11, 2:10] = 7
    return labels


def save(path: Path, data: np.ndarray, affine: np.ndarray | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    affine = np.eye(4) if affine is None else affine
    image = nib.Nifti1Image(data, affine)
    image.header.set_xyzt_units("mm")
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    nib.save(image, path)
    return path


def save_pair(
    folder: Path, *, image: np.ndarray | None = None, labels: np.ndarray | None = None
) -> tuple[str, str]:
    """Write one pair and return its two paths as words of a command line."""
    first = save(folder / "one_image.nii.gz", make_image() if image is None else image)
    second = save(folder / "one_label.nii.gz", make_labels() if labels is None else labels)
    return str(first), str(second)
