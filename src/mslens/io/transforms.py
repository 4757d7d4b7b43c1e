"""Transforms in ITK's formats: linear ones as text, displacement fields as NIfTI.

Both are pull-backs, on disk as in memory; on disk the world is LPS+, in memory RAS+.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mslens.core.errors import ImageError
from mslens.core.transform import AffineTransform, DisplacementTransform, Transform
from mslens.io.files import decompress, read_bytes, write_atomically
from mslens.io.itk_transform import format_itk_text, parse_itk_mat, parse_itk_text
from mslens.io.nifti import Space, make_header, stored_values, write_nifti
from mslens.io.nifti_header import parse_vector_header

#: Displacements are rounded to this step when saved (2^-10 mm): it halves the file.
STEP_MM = 2.0**-10
_VECTOR_INTENT = 1007
_EXPECTED = "an ITK transform: .txt or .tfm (text), .mat (ANTs), .nii or .nii.gz (field)"


def load_transform(path: Path) -> Transform:
    """Load a linear transform (ITK text, ANTs' .mat) or a displacement field (NIfTI).

    Parameters
    ----------
    path : Path
        ``.txt``, ``.tfm``, ``.mat``, ``.nii`` or ``.nii.gz``.

    Returns
    -------
    AffineTransform or DisplacementTransform
        In RAS+ mm. A field's grid lies in the target space.

    Raises
    ------
    ImageError
        If the file cannot be read, is of another kind, is singular or holds NaN.
    """
    if _is_nifti(path):
        return _load_field(path)
    if path.suffix in (".txt", ".tfm"):
        text = read_bytes(path, error=ImageError).decode("utf-8", errors="replace")
        return _require_invertible(parse_itk_text(text, where=path), path)
    if path.suffix == ".mat":
        content = read_bytes(path, error=ImageError)
        return _require_invertible(parse_itk_mat(content, where=path), path)
    raise ImageError(
        f"transforms of type '{path.suffix}' cannot be read",
        where=path,
        expected=_EXPECTED,
        cure="Split an .h5 composite with CompositeTransformUtil --disassemble",
    )


def save_transform(path: Path, transform: Transform, *, space: Space = "scanner") -> None:
    """Save a transform so that ITK and ANTs can apply it; the same one gives the same bytes.

    Parameters
    ----------
    path : Path
        ``.txt`` or ``.tfm`` for a linear transform, ``.nii`` or ``.nii.gz`` for a field.
    transform : AffineTransform or DisplacementTransform
        A field is written as float32, rounded to 2^-10 mm.
    space : {"scanner", "aligned", "template"}
        World of a field's grid, as in `save_volume`.

    Raises
    ------
    ImageError
        If the file type does not fit the transform, or a displacement is not finite.
    OutputError
        If the file cannot be written.
    """
    if isinstance(transform, AffineTransform):
        if path.suffix not in (".txt", ".tfm"):
            raise ImageError("a linear transform is saved as .txt or .tfm", where=path)
        write_atomically(path, format_itk_text(transform))
        return
    if not _is_nifti(path):
        raise ImageError("a displacement field is saved as .nii or .nii.gz", where=path)
    _save_field(path, transform, space)


def _is_nifti(path: Path) -> bool:
    return path.name.endswith((".nii", ".nii.gz"))


def _require_invertible(transform: AffineTransform, path: Path) -> AffineTransform:
    if abs(np.linalg.det(transform.matrix[:3, :3])) < 1e-6:
        raise ImageError("the transform is singular", where=path, expected="an invertible one")
    return transform


def _load_field(path: Path) -> DisplacementTransform:
    content = decompress(read_bytes(path, error=ImageError), where=path)
    header = parse_vector_header(content, where=path)
    stored = stored_values(content, header, where=path, n_components=3)
    displacement_mm = np.empty((*header.grid.shape, 3), dtype=np.float32)
    for component, sign in enumerate((-1.0, -1.0, 1.0)):
        slope, intercept = sign * header.slope, sign * header.intercept
        displacement_mm[..., component] = stored[..., component] * slope + intercept
    if not np.isfinite(displacement_mm).all():
        raise ImageError("the displacement field holds NaN or Inf", where=path)
    displacement_mm.setflags(write=False)
    return DisplacementTransform(displacement_mm, header.grid)


def _save_field(path: Path, transform: DisplacementTransform, space: Space) -> None:
    if not np.isfinite(transform.displacement_mm).all():
        raise ImageError("the displacement field to be saved holds NaN or Inf", where=path)
    lps = np.empty((*transform.grid.shape, 1, 3), dtype=np.float32, order="F")
    for component, sign in enumerate((-1.0, -1.0, 1.0)):
        steps = np.rint(transform.displacement_mm[..., component] / STEP_MM)
        lps[..., 0, component] = steps * np.float32(sign * STEP_MM) + np.float32(0)
    header = make_header(transform.grid, np.float32, space=space)
    header.set_data_shape((*transform.grid.shape, 1, 3))
    header["intent_code"] = _VECTOR_INTENT
    write_nifti(path, header, lps)
