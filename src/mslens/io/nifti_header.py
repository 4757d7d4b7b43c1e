"""NIfTI headers: what an image is and where it lies, read without its data and checked.

NIfTI-1 and NIfTI-2 single files (.nii, .nii.gz). Source: https://nifti.nimh.nih.gov/nifti-1
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.spatialimages import HeaderDataError

from mslens.core.errors import ImageError
from mslens.io.files import read_start
from mslens.io.image_header import (
    RECONVERT,
    ImageHeader,
    place,
    require_numbers,
    require_volume,
    require_voxel_size,
)
from mslens.io.mgh_header import is_mgh, parse_mgh_header

#: Bytes that hold the header of NIfTI-1 (348) and NIfTI-2 (540).
HEADER_BYTES = 540
#: qform and sform may place no corner further apart than this.
MAX_FORM_CONFLICT_MM = 0.1

_UNITS = {0: ("unknown", 1.0), 1: ("metre", 1000.0), 2: ("mm", 1.0), 3: ("micron", 0.001)}
_SPACES = {1: "scanner", 2: "aligned", 3: "Talairach", 4: "MNI", 5: "template"}


def read_header(path: Path) -> ImageHeader:
    """Read and check the header of a 3D image; no voxel is read.

    Parameters
    ----------
    path : Path
        NIfTI (``.nii``, ``.nii.gz``) or FreeSurfer's ``.mgz``.

    Returns
    -------
    ImageHeader

    Raises
    ------
    ImageError
        If the file is not a readable image, or the image is not 3D, has fewer than 8
        voxels along an axis, has no orientation, has qform and sform in conflict, a singular
        affine or voxels outside 0.2-10 mm.
    """
    return parse_header(read_start(path, HEADER_BYTES, error=ImageError), where=path)


def parse_header(content: bytes, *, where: Path) -> ImageHeader:
    """Check the first bytes of a decompressed file as `read_header` does."""
    if is_mgh(content):
        return parse_mgh_header(content, where=where)
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
    grid = place(affine, shape, where=where)
    i, j, k = (abs(float(size)) * to_mm for size in header["pixdim"][1:4])
    require_voxel_size((i, j, k), grid, unit=unit, where=where)
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
    raise ImageError(f"not a NIfTI image: {found}", where=where, cure=RECONVERT)


def _require_single_file(header: nib.Nifti1Header, where: Path) -> nib.Nifti1Header:
    magic = bytes(header["magic"])[:3]
    if magic in (b"n+1", b"n+2"):
        return header
    if magic in (b"ni1", b"ni2"):
        found = "it is one half of a .hdr / .img pair"
    else:
        found = "it is an ANALYZE header, which has no orientation"
    raise ImageError(f"not a single-file NIfTI image: {found}", where=where, cure=RECONVERT)


def _shape_of(header: nib.Nifti1Header, where: Path) -> tuple[int, int, int]:
    n_dims = int(header["dim"][0])
    dims = [int(n) for n in header["dim"][1 : n_dims + 1]] if 1 <= n_dims <= 7 else []
    return require_volume(dims, where=where)


def _unit_of(header: nib.Nifti1Header, where: Path) -> tuple[str, float]:
    code = int(header["xyzt_units"]) & 7
    if code not in _UNITS:
        raise ImageError(
            f"the header has the unknown unit code {code} for lengths",
            where=where,
            expected="1 (metre), 2 (mm) or 3 (micron)",
            cure=RECONVERT,
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
            cure=RECONVERT,
        )
    try:
        q_affine = header.get_qform() if q_code > 0 else None
    except (HeaderDataError, ValueError) as error:
        raise ImageError("the qform is not a rotation", where=where, cure=RECONVERT) from error
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


def _dtype_of(header: nib.Nifti1Header, where: Path) -> np.dtype[Any]:
    try:
        dtype = header.get_data_dtype()
    except (HeaderDataError, KeyError) as error:
        raise ImageError("the data type is unknown", where=where, cure=RECONVERT) from error
    return require_numbers(dtype, where=where)


def _scaling_of(header: nib.Nifti1Header) -> tuple[float, float]:
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if not np.isfinite(slope) or slope == 0:
        return 1.0, 0.0
    return slope, intercept if np.isfinite(intercept) else 0.0
