"""What an image file says about itself, whatever its format, and the checks that all share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Spacing
from mslens.core.errors import ImageError
from mslens.core.grid import Grid

MIN_VOXELS_PER_AXIS = 8
VOXEL_SIZE_RANGE_MM = (0.2, 10.0)
RECONVERT = "Convert the image again from DICOM (dcm2niix), or repair its header"


@dataclass(frozen=True, eq=False)
class ImageHeader:
    """What a file says about its image, before any voxel is read.

    Parameters
    ----------
    grid : Grid
        In RAS+ mm, whatever unit the file uses.
    dtype : numpy dtype
        As stored, before the intensity scaling.
    space : str
        What the affine's world is: scanner, aligned, Talairach, MNI or template.
    spatial_unit : {"unknown", "metre", "mm", "micron"}
        As stored; unknown is taken as mm.
    slope, intercept : float
        Intensity scaling: value = slope * stored + intercept.
    data_offset : int
        First byte of the voxels in the (decompressed) file.
    """

    grid: Grid
    dtype: np.dtype[Any]
    space: str
    spatial_unit: str
    slope: float
    intercept: float
    data_offset: int

    @property
    def data_bytes(self) -> int:
        """Bytes that the voxels take in the decompressed file."""
        return self.dtype.itemsize * int(np.prod(self.grid.shape))


def require_volume(dims: list[int], *, where: Path) -> tuple[int, int, int]:
    """Return the three dimensions of an image, without trailing single ones.

    Raises
    ------
    ImageError
        If the image is not 3D or has fewer than 8 voxels along an axis.
    """
    if not dims or min(dims) < 1:
        raise ImageError("the header has impossible dimensions", where=where, cure=RECONVERT)
    described = "x".join(str(n) for n in dims)
    kept = list(dims)
    while len(kept) > 3 and kept[-1] == 1:
        kept.pop()
    if len(kept) > 3:
        raise ImageError(
            f"the image has {len(kept)} dimensions ({described})",
            where=where,
            expected="one 3D image",
            cure="Split it (fslsplit, nibabel.four_to_three) and keep the volume you need",
        )
    i, j, k = (*kept, 1, 1)[:3]
    if min(i, j, k) < MIN_VOXELS_PER_AXIS:
        raise ImageError(
            f"the image has {min(i, j, k)} slice(s) along one axis ({described})",
            where=where,
            expected=f"at least {MIN_VOXELS_PER_AXIS} along every axis",
            cure="Bring the whole 3D image; a localiser or a single slice cannot be used",
        )
    return i, j, k


def place(affine: npt.NDArray[np.float64], shape: tuple[int, int, int], *, where: Path) -> Grid:
    """Return the grid of an image.

    Raises
    ------
    ImageError
        If the affine is singular or not finite.
    """
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    if np.isfinite(affine).all() and (sizes == 0).all():
        raise ImageError("the affine makes voxels of 0 mm", where=where, cure=RECONVERT)
    try:
        return Grid(affine, shape)
    except ImageError as error:
        raise ImageError(
            error.what, where=where, expected=error.expected, cure=error.cure or RECONVERT
        ) from error


def require_voxel_size(stored_mm: Spacing, grid: Grid, *, unit: str, where: Path) -> None:
    """Check the voxel size that a file states and that its affine makes.

    Raises
    ------
    ImageError
        If one of them is outside 0.2-10 mm, or they differ by more than 1%.
    """
    low, high = VOXEL_SIZE_RANGE_MM
    for sizes in (stored_mm, grid.voxel_size_mm):
        if not all(0.999 * low <= size <= 1.001 * high for size in sizes):
            raise ImageError(
                f"the voxels are {_described(sizes)} mm (unit in the header: {unit})",
                where=where,
                expected=f"{low:g}-{high:g} mm along every axis",
                cure="Repair pixdim, the affine or the length unit (xyzt_units) of the header",
            )
    if not np.allclose(stored_mm, grid.voxel_size_mm, rtol=0.01, atol=0):
        raise ImageError(
            f"the affine says voxels of {_described(grid.voxel_size_mm)} mm,"
            f" pixdim says {_described(stored_mm)} mm",
            where=where,
            expected="the same voxel size",
            cure=RECONVERT,
        )


def require_numbers(dtype: np.dtype[Any], *, where: Path) -> np.dtype[Any]:
    """Return the type of the voxels.

    Raises
    ------
    ImageError
        If they are not one real number each.
    """
    if dtype.kind not in "iuf" or dtype.itemsize == 0:
        raise ImageError(
            f"the voxels are of type {dtype}",
            where=where,
            expected="one real number per voxel",
            cure="Save one channel, or the magnitude, as float32",
        )
    return dtype


def _described(sizes: Spacing) -> str:
    return "x".join(f"{size:.4g}" for size in sizes)
