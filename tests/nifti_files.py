"""Write NIfTI files with nibabel, an independent writer, whole or wrong in one stated way."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np

#: 2 mm voxels, oblique, left-handed: no symmetry that could hide a wrong axis.
AFFINE = np.array(
    [[-1.9, 0.3, 0.1, 20.0], [0.3, 1.9, -0.4, -30.0], [0.0, 0.4, 2.1, 7.0], [0, 0, 0, 1]]
)
SHAPE = (9, 10, 11)


def rotation(angle_rad: float = 0.2) -> np.ndarray:
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def rigid_affine(voxel_size_mm: float = 2.0) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = rotation() * voxel_size_mm
    affine[:3, 3] = (-10, 5, 3)
    return affine


def ramp(dtype: str = "float32", shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    return np.arange(np.prod(shape), dtype=dtype).reshape(shape)


def image(data: np.ndarray | None = None, affine: np.ndarray | None = None) -> nib.Nifti1Image:
    affine = rigid_affine() if affine is None else affine
    made = nib.Nifti1Image(ramp() if data is None else data, affine)
    made.set_qform(affine, 1)
    made.set_sform(affine, 1)
    made.header.set_xyzt_units("mm", "sec")
    return made


def write(path: Path, made: nib.Nifti1Image) -> Path:
    nib.save(made, path)
    return path
