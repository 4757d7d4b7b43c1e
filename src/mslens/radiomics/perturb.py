"""Small disturbances of an image and its regions, after which a robust feature is the same.

Each kind has a deterministic function; `perturb` draws its parameters from a seeded generator
and calls it, so that a disturbance can be replayed. Zwanenburg et al., Scientific Reports 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial.transform import Rotation

from mslens.core.arrays import Array, LabelArray, Spacing
from mslens.core.settings import Settings

Kind = Literal["noise", "rotation", "translation", "contour", "grow", "shrink", "bias"]


class Perturbation(Settings):
    """One kind of disturbance and how strong it is.

    Parameters
    ----------
    kind : str
    amount : float
        noise: standard deviation as a share of that inside the regions; rotation: degrees
        around a random axis; translation: voxels in a random direction; contour: standard
        deviation of the border's shift in mm; grow and shrink: mm; bias: peak share.
    """

    kind: Kind
    amount: float

    @property
    def name(self) -> str:
        """Name for files and tables, e.g. ``rotation-2``."""
        return f"{self.kind}-{self.amount:g}"


#: Disturbances of about the size of a second measurement.
STANDARD: tuple[Perturbation, ...] = (
    Perturbation(kind="noise", amount=0.05),
    Perturbation(kind="rotation", amount=2.0),
    Perturbation(kind="translation", amount=0.5),
    Perturbation(kind="contour", amount=0.5),
    Perturbation(kind="grow", amount=1.0),
    Perturbation(kind="shrink", amount=1.0),
    Perturbation(kind="bias", amount=0.1),
)


def add_noise(image: Array, *, sd: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Add Gaussian noise of a standard deviation in the image's units."""
    return (image + rng.normal(0.0, sd, image.shape)).astype(np.float32)


def apply_bias(image: Array, *, coefficients: Array, peak: float) -> npt.NDArray[np.float32]:
    """Multiply by exp of a second-order polynomial whose largest magnitude is log(1 + peak).

    Parameters
    ----------
    image : ndarray, shape (i, j, k)
    coefficients : ndarray, shape (9,)
        Of x, y, z, their squares, and xy, xz, yz, with coordinates in [-1, 1].
    peak : float
    """
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n) for n in image.shape], indexing="ij", sparse=True)
    terms = (x, y, z, x**2, y**2, z**2, x * y, x * z, y * z)
    field = np.zeros(image.shape)
    for coefficient, term in zip(coefficients, terms, strict=True):
        field += coefficient * term
    field *= np.log1p(peak) / max(float(np.abs(field).max()), 1e-12)
    return (image * np.exp(field)).astype(np.float32)


def move_pair(
    image: Array,
    labels: LabelArray,
    *,
    rotation: Rotation,
    shift_mm: Sequence[float],
    voxel_size_mm: Spacing,
) -> tuple[npt.NDArray[np.float32], LabelArray]:
    """Turn and shift an image (cubic spline) and its labels (nearest) about the centre."""
    size = np.asarray(voxel_size_mm)
    matrix = rotation.as_matrix() * size / size[:, None]
    centre = (np.asarray(image.shape) - 1) / 2
    offset = centre - matrix @ centre - np.asarray(shift_mm) / size
    moved = ndimage.affine_transform(
        image.astype(np.float64), matrix, offset=offset, order=3, mode="nearest"
    )
    kept = ndimage.affine_transform(labels, matrix, offset=offset, order=0, mode="grid-constant")
    return moved.astype(np.float32), kept


def displace_borders(labels: LabelArray, *, shift_mm: Array, voxel_size_mm: Spacing) -> LabelArray:
    """Look every voxel's label up at a displaced place.

    Parameters
    ----------
    labels : ndarray, shape (i, j, k)
    shift_mm : ndarray, shape (3, i, j, k)
    voxel_size_mm : tuple of 3 float
    """
    places = [
        np.clip(np.rint(index + shift / size), 0, n - 1).astype(np.int64)
        for index, shift, size, n in zip(
            np.indices(labels.shape), shift_mm, voxel_size_mm, labels.shape, strict=True
        )
    ]
    return np.asarray(labels[tuple(places)])


def grow_regions(labels: LabelArray, *, distance_mm: float, voxel_size_mm: Spacing) -> LabelArray:
    """Give background within a distance of a region to the nearest region."""
    distance, nearest = ndimage.distance_transform_edt(
        labels == 0, sampling=voxel_size_mm, return_indices=True
    )
    return np.where(distance <= distance_mm, labels[tuple(nearest)], 0).astype(labels.dtype)


def shrink_regions(labels: LabelArray, *, distance_mm: float, voxel_size_mm: Spacing) -> LabelArray:
    """Take from every region the voxels within a distance of anything else."""
    border = np.zeros(labels.shape, dtype=bool)
    for axis in range(3):
        here = np.moveaxis(labels, axis, 0)
        differs = here[1:] != here[:-1]
        edge = np.moveaxis(border, axis, 0)
        edge[1:] |= differs
        edge[:-1] |= differs
    distance = ndimage.distance_transform_edt(~border, sampling=voxel_size_mm)
    reach = distance_mm - min(voxel_size_mm)
    return np.where(distance > max(reach, 0.0), labels, 0).astype(labels.dtype)


def perturb(
    image: Array,
    labels: LabelArray,
    *,
    perturbation: Perturbation,
    voxel_size_mm: Spacing,
    rng: np.random.Generator,
) -> tuple[Array, LabelArray]:
    """Disturb an image and its labels; both come back on the same grid.

    Parameters
    ----------
    image, labels : ndarray, shape (i, j, k)
    perturbation : Perturbation
    voxel_size_mm : tuple of 3 float
    rng : numpy Generator
    """
    kind, amount = perturbation.kind, perturbation.amount
    if kind == "noise":
        return add_noise(image, sd=amount * float(image[labels > 0].std()), rng=rng), labels
    if kind == "bias":
        return apply_bias(image, coefficients=rng.normal(size=9), peak=amount), labels
    if kind == "grow":
        return image, grow_regions(labels, distance_mm=amount, voxel_size_mm=voxel_size_mm)
    if kind == "shrink":
        return image, shrink_regions(labels, distance_mm=amount, voxel_size_mm=voxel_size_mm)
    if kind == "contour":
        shift = _smooth_shift(labels.shape, amount, voxel_size_mm, rng)
        return image, displace_borders(labels, shift_mm=shift, voxel_size_mm=voxel_size_mm)
    direction = rng.normal(size=3)
    direction /= np.linalg.norm(direction)
    turn = Rotation.from_rotvec(direction * amount * (kind == "rotation"), degrees=True)
    shift_mm = direction * amount * np.asarray(voxel_size_mm) * (kind == "translation")
    return move_pair(image, labels, rotation=turn, shift_mm=shift_mm, voxel_size_mm=voxel_size_mm)


def _smooth_shift(
    shape: tuple[int, ...], sd_mm: float, voxel_size_mm: Spacing, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Random displacements that vary over a few millimetres."""
    width = [3.0 / size for size in voxel_size_mm]
    fields = [ndimage.gaussian_filter(rng.normal(size=shape), width) for _ in range(3)]
    return np.stack([field * (sd_mm / max(float(field.std()), 1e-12)) for field in fields])
