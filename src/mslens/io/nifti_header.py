"""NIfTI headers: what an image is and where it lies, read without its data and checked.

NIfTI-1 and NIfTI-2 single files (.nii, .nii.gz). Source: https://nifti.nimh.nih.gov/nifti-1
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.spatialimages import HeaderDataError

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.io.files import read_start

#: Bytes that hold the header of NIfTI-1 (348) and NIfTI-2 (540).
HEADER_BYTES = 540
MIN_VOXELS_PER_AXIS = 8
VOXEL_SIZE_RANGE_MM = (0.2, 10.0)
#: qform and sform may place no corner further apart than this.
MAX_FORM_CONFLICT_MM = 0.1

_UNITS = {0: ("unknown", 1.0), 1: ("metre", 1000.0), 2: ("mm", 1.0), 3: ("micron", 0.001)}
_SPACES = {1: "scanner", 2: "aligned", 3: "Talairach", 4: "MNI", 5: "template"}
_RECONVERT = "Convert the image again from DICOM (dcm2niix), or repair its header"


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


def read_header(path: Path) -> ImageHeader:
    """Read and check the header of a 3D NIfTI image; no voxel is read.

    Parameters
    ----------
    path : Path
        ``.nii`` or ``.nii.gz``.

    Returns
    -------
    ImageHeader

    Raises
    ------
    ImageError
        If the file is not a readable NIfTI image, or the image is not 3D, has fewer than 8
        voxels along an axis, has no orientation, has qform and sform in conflict, a singular
        affine or voxels outside 0.2-10 mm.
    """
    return parse_header(read_start(path, HEADER_BYTES, error=ImageError), where=path)


def parse_header(content: bytes, *, where: Path) -> ImageHeader:
    """Check the first bytes of a decompressed file as `read_header` does."""
    header = _parse_fields(content, where)
    return _checked(header, _shape_of(header, where), where)


def parse_vector_header(content: bytes, *, where: Path) -> ImageHeader:
    """Check the first bytes of a displacement field: 5D with 3 components (ITK's layout).

    Raises
    ------
    ImageError
        If the file is anything else; otherwise as `read_header`.
    """
    header = _parse_fields(content, where)
    dims = [int(n) for n in header["dim"]]
    if dims[0] != 5 or dims[4:6] != [1, 3] or min(dims[1:4]) < 1:
        described = "x".join(str(n) for n in dims[1 : max(dims[0], 0) + 1])
        raise ImageError(
            f"the file has dimensions {described}",
            where=where,
            expected="a displacement field of ITK or ANTs (X x Y x Z x 1 x 3)",
            cure="Convert the transform to ITK's format, e.g. with wb_command or nitransforms",
        )
    return _checked(header, (dims[1], dims[2], dims[3]), where)


def _checked(header: nib.Nifti1Header, shape: tuple[int, int, int], where: Path) -> ImageHeader:
    unit, to_mm = _unit_of(header, where)
    affine, code = _affine_of(header, shape, to_mm, where)
    grid = _placed(affine, shape, where)
    _require_voxel_size(grid, header, to_mm, unit, where)
    slope, intercept = _scaling_of(header)
    return ImageHeader(
        grid=grid,
        dtype=_dtype_of(header, where),
        space=_SPACES.get(code, "template"),
        spatial_unit=unit,
        slope=slope,
        intercept=intercept,
        data_offset=int(header["vox_offset"]),
    )


def _parse_fields(content: bytes, where: Path) -> nib.Nifti1Header:
    for kind, size in ((nib.Nifti1Header, 348), (nib.Nifti2Header, 540)):
        sizes = (size.to_bytes(4, "little"), size.to_bytes(4, "big"))
        if len(content) >= size and content[:4] in sizes:
            header = kind(content[:size], check=False)
            return _require_single_file(header, where)
    is_text = bool(content) and all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in content)
    found = "it is a text file" if is_text else "it has no NIfTI header"
    raise ImageError(f"not a NIfTI image: {found}", where=where, cure=_RECONVERT)


def _require_single_file(header: nib.Nifti1Header, where: Path) -> nib.Nifti1Header:
    magic = bytes(header["magic"])[:3]
    if magic in (b"n+1", b"n+2"):
        return header
    if magic in (b"ni1", b"ni2"):
        found = "it is one half of a .hdr / .img pair"
    else:
        found = "it is an ANALYZE header, which has no orientation"
    raise ImageError(f"not a single-file NIfTI image: {found}", where=where, cure=_RECONVERT)


def _shape_of(header: nib.Nifti1Header, where: Path) -> tuple[int, int, int]:
    n_dims = int(header["dim"][0])
    dims = [int(n) for n in header["dim"][1 : n_dims + 1]] if 1 <= n_dims <= 7 else []
    if not dims or min(dims) < 1:
        raise ImageError("the header has impossible dimensions", where=where, cure=_RECONVERT)
    described = "x".join(str(n) for n in dims)
    while len(dims) > 3 and dims[-1] == 1:
        dims.pop()
    if len(dims) > 3:
        raise ImageError(
            f"the image has {len(dims)} dimensions ({described})",
            where=where,
            expected="one 3D image",
            cure="Split it (fslsplit, nibabel.four_to_three) and keep the volume you need",
        )
    i, j, k = (*dims, 1, 1)[:3]
    if min(i, j, k) < MIN_VOXELS_PER_AXIS:
        raise ImageError(
            f"the image has {min(i, j, k)} slice(s) along one axis ({described})",
            where=where,
            expected=f"at least {MIN_VOXELS_PER_AXIS} along every axis",
            cure="Bring the whole 3D image; a localiser or a single slice cannot be used",
        )
    return i, j, k


def _unit_of(header: nib.Nifti1Header, where: Path) -> tuple[str, float]:
    code = int(header["xyzt_units"]) & 7
    if code not in _UNITS:
        raise ImageError(
            f"the header has the unknown unit code {code} for lengths",
            where=where,
            expected="1 (metre), 2 (mm) or 3 (micron)",
            cure=_RECONVERT,
        )
    return _UNITS[code]


def _affine_of(
    header: nib.Nifti1Header, shape: tuple[int, int, int], to_mm: float, where: Path
) -> tuple[npt.NDArray[np.float64], int]:
    s_code, q_code = int(header["sform_code"]), int(header["qform_code"])
    if s_code <= 0 and q_code <= 0:
        raise ImageError(
            "neither qform nor sform is set, so left and right are unknown",
            where=where,
            expected="an image with its orientation",
            cure=_RECONVERT,
        )
    try:
        q_affine = header.get_qform() if q_code > 0 else None
    except (HeaderDataError, ValueError) as error:
        raise ImageError("the qform is not a rotation", where=where, cure=_RECONVERT) from error
    s_affine = header.get_sform() if s_code > 0 else None
    if s_affine is not None and q_affine is not None:
        _require_agreement(s_affine * to_mm, q_affine * to_mm, shape, (s_code, q_code), where)
    affine, code = (q_affine, q_code) if s_affine is None else (s_affine, s_code)
    affine = np.asarray(affine, dtype=np.float64)
    affine[:3] *= to_mm
    return affine, code


def _require_agreement(
    sform: npt.NDArray[np.float64],
    qform: npt.NDArray[np.float64],
    shape: tuple[int, int, int],
    codes: tuple[int, int],
    where: Path,
) -> None:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape])).reshape(3, -1).T
    difference = (sform - qform)[:3]
    away = np.linalg.norm(corners @ difference[:, :3].T + difference[:, 3], axis=1).max()
    if away <= MAX_FORM_CONFLICT_MM:
        return
    raise ImageError(
        f"qform (code {codes[1]}) and sform (code {codes[0]}) place a corner of the image"
        f" {away:.2f} mm apart",
        where=where,
        expected=f"at most {MAX_FORM_CONFLICT_MM} mm",
        cure="Find out which one is right, then copy it over the other"
        " (fslorient -copysform2qform or -copyqform2sform)",
    )


def _placed(affine: npt.NDArray[np.float64], shape: tuple[int, int, int], where: Path) -> Grid:
    sizes = np.linalg.norm(affine[:3, :3], axis=0)
    if np.isfinite(affine).all() and (sizes == 0).all():
        raise ImageError("the affine makes voxels of 0 mm", where=where, cure=_RECONVERT)
    try:
        return Grid(affine, shape)
    except ImageError as error:
        raise ImageError(
            error.what, where=where, expected=error.expected, cure=error.cure or _RECONVERT
        ) from error


def _require_voxel_size(
    grid: Grid, header: nib.Nifti1Header, to_mm: float, unit: str, where: Path
) -> None:
    low, high = VOXEL_SIZE_RANGE_MM
    stored = tuple(abs(float(size)) * to_mm for size in header["pixdim"][1:4])
    for sizes in (stored, grid.voxel_size_mm):
        if not all(0.999 * low <= size <= 1.001 * high for size in sizes):
            described = "x".join(f"{size:.4g}" for size in sizes)
            raise ImageError(
                f"the voxels are {described} mm (unit in the header: {unit})",
                where=where,
                expected=f"{low:g}-{high:g} mm along every axis",
                cure="Repair pixdim, the affine or the length unit (xyzt_units) of the header",
            )
    if not np.allclose(stored, grid.voxel_size_mm, rtol=0.01, atol=0):
        ours = "x".join(f"{size:.4g}" for size in grid.voxel_size_mm)
        theirs = "x".join(f"{size:.4g}" for size in stored)
        raise ImageError(
            f"the affine says voxels of {ours} mm, pixdim says {theirs} mm",
            where=where,
            expected="the same voxel size",
            cure=_RECONVERT,
        )


def _dtype_of(header: nib.Nifti1Header, where: Path) -> np.dtype[Any]:
    try:
        dtype = header.get_data_dtype()
    except (HeaderDataError, KeyError) as error:
        raise ImageError("the data type is unknown", where=where, cure=_RECONVERT) from error
    if dtype.kind not in "iuf" or dtype.itemsize == 0:
        raise ImageError(
            f"the voxels are of type {dtype}",
            where=where,
            expected="one real number per voxel",
            cure="Save one channel, or the magnitude, as float32",
        )
    return dtype


def _scaling_of(header: nib.Nifti1Header) -> tuple[float, float]:
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if not np.isfinite(slope) or slope == 0:
        return 1.0, 0.0
    return slope, intercept if np.isfinite(intercept) else 0.0
