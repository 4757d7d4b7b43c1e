"""NIfTI images to volumes and back: checked on the way in, repeatable bytes on the way out."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import nibabel as nib
import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Kind, Volume
from mslens.io.files import (
    compress,
    decompress,
    read_bytes,
    read_stated_size,
    write_atomically,
)
from mslens.io.image_header import ImageHeader
from mslens.io.nifti_header import MAX_FORM_CONFLICT_MM, parse_header, read_header

__all__ = ["ImageHeader", "load_volume", "read_header", "require_whole_file", "save_volume"]

Space = Literal["scanner", "aligned", "template"]

_SPACE_CODES: dict[Space, int] = {"scanner": 1, "aligned": 2, "template": 4}
_INT32 = np.iinfo(np.int32)


def load_volume(
    path: Path,
    *,
    kind: Kind = "scalar",
    constant: Literal["error", "accept"] = "error",
    non_finite: Literal["error", "zero"] = "error",
) -> Volume:
    """Load a 3D image in its own orientation, with its intensity scaling applied.

    Parameters
    ----------
    path : Path
        NIfTI (``.nii``, ``.nii.gz``) or FreeSurfer's ``.mgz``; a trailing singleton dimension
        is dropped.
    kind : {"scalar", "label", "mask", "phase"}
        Scalars and phase become float32 (float64 only where float32 cannot hold the values
        apart), labels int32, masks bool. Arrays are C-contiguous.
    constant : {"error", "accept"}
        What to do with a scalar image of one single value; accept it for maps that may be
        empty, such as a lesion probability. Masks and labels may always be constant.
    non_finite : {"error", "zero"}
        What to do with NaN and Inf in a scalar image.

    Returns
    -------
    Volume

    Raises
    ------
    ImageError
        If the header is unusable (see `read_header`), the file truncated, or its values do not
        fit the kind: NaN, Inf or constant scalars, labels that are not int32 integers, a mask
        with more than two values.
    """
    content = decompress(read_bytes(path, error=ImageError), where=path)
    header = parse_header(content, where=path)
    stored = stored_values(content, header, where=path)
    if kind == "mask":
        data: Array = _as_mask(stored, header, where=path)
    elif kind == "label":
        data = _as_labels(_scaled(stored, header), where=path)
    else:
        data = _as_scalars(_scaled(stored, header), where=path, non_finite=non_finite)
        if constant == "error":
            _require_contrast(data, where=path)
    return Volume(data, header.grid, kind)


def require_whole_file(path: Path, header: ImageHeader) -> None:
    """Make sure that a file holds all its voxels, at the cost of a few bytes where possible.

    A gzip stream says at its end how long its content is; only a file where that does not fit
    is decompressed.

    Parameters
    ----------
    path : Path
    header : ImageHeader
        Of the same file.

    Raises
    ------
    ImageError
        If the file is truncated or damaged.
    """
    expected = header.data_offset + header.data_bytes
    if read_stated_size(path, error=ImageError) % 2**32 != expected % 2**32:
        content = decompress(read_bytes(path, error=ImageError), where=path)
        stored_values(content, header, where=path)


def save_volume(
    path: Path,
    volume: Volume,
    *,
    space: Space = "scanner",
    description: str | None = None,
) -> None:
    """Save a volume so that the same volume always gives the same bytes.

    Scalars are written as float32, masks as uint8, labels as the smallest of uint8, int16 and
    int32 that holds them. sform and qform agree (only the sform is set where the affine is
    sheared, which a qform cannot say). The file is gzipped when its name ends in ``.gz``, and
    replaced when it exists.

    Parameters
    ----------
    path : Path
    volume : Volume
    space : {"scanner", "aligned", "template"}
        What the world of the grid is: NIfTI codes 1, 2 (aligned to another image) and 4 (MNI).
    description : str, optional
        At most 79 bytes for the header's free text. Left empty by default, for privacy.

    Raises
    ------
    ImageError
        If a scalar value is not finite in float32.
    OutputError
        If the file cannot be written.
    """
    data = _storable(volume, where=path)
    header = make_header(volume.grid, data.dtype, space=space)
    header["descrip"] = (description or "").encode()[:79]
    write_nifti(path, header, data)


def make_header(grid: Grid, dtype: npt.DTypeLike, *, space: Space = "scanner") -> nib.Nifti1Header:
    """Return a NIfTI-1 header for a 3D image on `grid`, in mm, with no identifying text."""
    header = nib.Nifti1Header()
    header.set_data_dtype(np.dtype(dtype))
    header.set_data_shape(grid.shape)
    header.set_zooms(grid.voxel_size_mm)
    header.set_xyzt_units("mm")
    code = _SPACE_CODES[space]
    header.set_sform(grid.affine, code)
    header.set_qform(grid.affine, code, strip_shears=True)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in grid.shape])).reshape(3, -1).T
    ones = np.column_stack([corners, np.ones(len(corners))])
    difference = ones @ (header.get_qform() - grid.affine)[:3].T
    if np.linalg.norm(difference, axis=1).max() > MAX_FORM_CONFLICT_MM / 10:
        header["qform_code"] = 0
    header["scl_slope"], header["scl_inter"] = 1.0, 0.0
    header["vox_offset"] = 352
    return header


def write_nifti(path: Path, header: nib.Nifti1Header, data: Array) -> None:
    """Write a header and its array, in one atomic move; gzipped when the name ends in .gz."""
    little = np.asarray(data, dtype=data.dtype.newbyteorder("<"))
    parts = (header.binaryblock + bytes(4), np.ascontiguousarray(little.T).data.cast("B"))
    write_atomically(path, compress(*parts) if path.name.endswith(".gz") else b"".join(parts))


def stored_values(
    content: bytes, header: ImageHeader, *, where: Path, n_components: int = 1
) -> Array:
    """Return the voxels of a decompressed file as stored, without copying them.

    Parameters
    ----------
    content : bytes
    header : ImageHeader
    where : Path
    n_components : int
        Above 1, the last axis of the returned array.

    Raises
    ------
    ImageError
        If the file ends before its last voxel.
    """
    expected = header.data_bytes * n_components
    found = len(content) - header.data_offset
    if header.data_offset < 0 or found < expected:
        raise ImageError(
            f"the file is truncated: it holds {max(found, 0)} bytes of voxels",
            where=where,
            expected=f"{expected}",
            cure="Copy or convert it again",
        )
    shape = header.grid.shape if n_components == 1 else (*header.grid.shape, n_components)
    flat = np.frombuffer(content, header.dtype, count=math.prod(shape), offset=header.data_offset)
    return flat.reshape(shape, order="F")


def _is_scaled(header: ImageHeader) -> bool:
    return header.slope != 1.0 or header.intercept != 0.0


def _scaled(stored: Array, header: ImageHeader) -> Array:
    if not _is_scaled(header):
        return stored
    return stored.astype(np.float64) * header.slope + header.intercept


def _as_scalars(values: Array, *, where: Path, non_finite: Literal["error", "zero"]) -> Array:
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        n_bad = values.size - int(np.count_nonzero(finite))
        if n_bad and non_finite == "error":
            raise ImageError(
                f"{n_bad} voxels ({n_bad / values.size:.2%}) are NaN or infinite",
                where=where,
                expected="finite values",
                cure="Find out why; if they only lie outside the head, set them to 0"
                " (fslmaths IN -nan OUT)",
            )
        if n_bad:
            values = np.where(finite, values, 0)
    low, high = float(values.min()), float(values.max())
    resolution = max(abs(low), abs(high)) * float(np.finfo(np.float32).eps)
    fits = max(abs(low), abs(high)) <= float(np.finfo(np.float32).max)
    keeps_contrast = high == low or resolution <= 1e-4 * (high - low)
    return values.astype(np.float32 if fits and keeps_contrast else np.float64, order="C")


def _require_contrast(data: Array, *, where: Path) -> None:
    if data.min() == data.max():
        raise ImageError(
            f"every voxel has the value {float(data.flat[0]):g}",
            where=where,
            expected="an image with contrast",
            cure="Convert the image again from DICOM",
        )


def _as_labels(values: Array, *, where: Path) -> Array:
    if values.dtype.kind == "f":
        whole = np.isfinite(values) & (values == np.round(values))
        n_bad = values.size - int(np.count_nonzero(whole))
        if n_bad:
            raise ImageError(
                f"{n_bad} voxels ({n_bad / values.size:.2%}) of the label map are not integers",
                where=where,
                expected="integer labels",
                cure="Resample label maps with nearest-neighbour interpolation",
            )
    low, high = values.min(), values.max()
    if low < _INT32.min or high > _INT32.max:
        raise ImageError(
            f"the labels run from {low:g} to {high:g}",
            where=where,
            expected="labels that fit 32-bit integers",
        )
    return values.astype(np.int32, order="C")


def _as_mask(stored: Array, header: ImageHeader, *, where: Path) -> Array:
    values = _scaled(stored, header) if _is_scaled(header) else stored
    low, high = values.min(), values.max()
    inside = values == high
    is_binary = low == high or (low == 0 and bool((inside | (values == 0)).all()))
    if not (is_binary and low >= 0 and np.isfinite(high)):
        n_values = len(np.unique(values))
        raise ImageError(
            f"the mask has {n_values} values between {low:g} and {high:g}",
            where=where,
            expected="0 outside and one value inside",
            cure="Threshold a probability map, or pick the label you mean, first"
            " (fslmaths IN -thr 0.5 -bin OUT)",
        )
    return np.ascontiguousarray(inside if high > 0 else np.zeros_like(inside))


def _storable(volume: Volume, *, where: Path) -> Array:
    if volume.kind == "mask":
        return volume.data.astype(np.uint8)
    if volume.kind == "label":
        low, high = int(volume.data.min()), int(volume.data.max())
        if low >= 0 and high <= 255:
            return volume.data.astype(np.uint8)
        fits = low >= -(2**15) and high < 2**15
        return volume.data.astype(np.int16 if fits else np.int32)
    with np.errstate(over="ignore"):
        data = volume.data.astype(np.float32, copy=False)
    n_bad = data.size - int(np.count_nonzero(np.isfinite(data)))
    if n_bad:
        raise ImageError(
            f"{n_bad} voxels ({n_bad / data.size:.2%}) to be saved are not finite in float32",
            where=where,
            expected="finite values",
        )
    return data
