"""ITK's linear transforms: y = A (x - centre) + translation + centre, points in LPS mm.

Text files (.txt, .tfm) and the MATLAB files that ANTs writes (``0GenericAffine.mat``).
Source: the ITK Software Guide, chapter on transforms; itkTxtTransformIO.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from mslens.core.errors import ImageError
from mslens.core.transform import AffineTransform

Numbers = Sequence[float]
Matrix = npt.NDArray[np.float64]

#: LPS <-> RAS.
FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])
_MAT4_HEADER = struct.Struct("<5i")
_MAT4_TYPES: Mapping[int, np.dtype[np.floating]] = {0: np.dtype("<f8"), 10: np.dtype("<f4")}
_HEADER = "#Insight Transform File V1.0"


def parse_itk_text(text: str, *, where: Path) -> AffineTransform:
    """Read a linear ITK transform, or a composite of linear ones, from its text.

    Raises
    ------
    ImageError
        If the text is no ITK transform file or holds a kind that is not linear in 3D.
    """
    if not text.lstrip().startswith(_HEADER):
        raise ImageError(
            "not an ITK transform file", where=where, expected=f"a text that starts '{_HEADER}'"
        )
    blocks = _blocks(text, where)
    if blocks and blocks[0]["Transform"].startswith("CompositeTransform"):
        blocks = blocks[1:]
    elif len(blocks) > 1:
        raise ImageError(
            f"the file lists {len(blocks)} transforms", where=where, expected="one, or a composite"
        )
    if not blocks:
        raise ImageError("the file holds no transform", where=where)
    matrix = np.eye(4)
    for block in blocks:
        parameters = _numbers(block.get("Parameters", ""), where)
        fixed = _numbers(block.get("FixedParameters", ""), where)
        matrix = matrix @ _matrix_lps(block["Transform"], parameters, fixed, where)
    return _transform_ras(matrix, where)


def parse_itk_mat(content: bytes, *, where: Path) -> AffineTransform:
    """Read a linear ITK transform from the bytes of a MATLAB 4 file, as ANTs writes it.

    Raises
    ------
    ImageError
        If the bytes are no such file.
    """
    variables = _mat4_variables(content, where)
    kinds = [name for name in variables if "_3_3" in name]
    if len(kinds) != 1 or "fixed" not in variables:
        raise ImageError("the file does not hold one 3D transform of ITK", where=where)
    matrix = _matrix_lps(kinds[0], variables[kinds[0]], variables["fixed"], where)
    return _transform_ras(matrix, where)


def _mat4_variables(content: bytes, where: Path) -> dict[str, list[float]]:
    """Read the real matrices of a little-endian MATLAB 4 file: five integers, name, values."""
    variables: dict[str, list[float]] = {}
    position = 0
    while position < len(content):
        try:
            kind, n_rows, n_columns, is_complex, n_name = _MAT4_HEADER.unpack_from(
                content, position
            )
            dtype = _MAT4_TYPES[kind]
            values_at = position + _MAT4_HEADER.size + n_name
            name = content[position + _MAT4_HEADER.size : values_at].rstrip(b"\0").decode("ascii")
            count = n_rows * n_columns
            if min(n_rows, n_columns) < 1 or n_name < 1 or is_complex:
                raise ValueError("not a real matrix")
            variables[name] = np.frombuffer(content, dtype, count, values_at).tolist()
        except (struct.error, KeyError, ValueError) as error:
            raise ImageError("not a MATLAB transform file of ITK", where=where) from error
        position = values_at + count * dtype.itemsize
    return variables


def format_itk_text(transform: AffineTransform) -> str:
    """Write a linear transform as an ITK text file, with every digit."""
    matrix = FLIP @ transform.matrix @ FLIP
    numbers = [*matrix[:3, :3].ravel(), *matrix[:3, 3]]
    parameters = " ".join(repr(float(number) + 0.0) for number in numbers)
    return (
        f"{_HEADER}\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
        f"Parameters: {parameters}\nFixedParameters: 0 0 0\n"
    )


def _transform_ras(matrix_lps: Matrix, where: Path) -> AffineTransform:
    if not np.isfinite(matrix_lps).all():
        raise ImageError("the transform holds NaN or Inf", where=where)
    return AffineTransform(FLIP @ matrix_lps @ FLIP)


def _blocks(text: str, where: Path) -> list[dict[str, str]]:
    blocks: list[dict[str, str]] = []
    for line in text.splitlines():
        key, separator, value = line.strip().partition(":")
        if not separator or line.lstrip().startswith("#"):
            continue
        if key == "Transform":
            blocks.append({})
        if not blocks:
            raise ImageError("parameters stand before any transform", where=where)
        blocks[-1][key] = value.strip()
    return blocks


def _numbers(text: str, where: Path) -> list[float]:
    try:
        return [float(word) for word in text.split()]
    except ValueError as error:
        raise ImageError("a transform parameter is not a number", where=where) from error


def _matrix_lps(kind: str, parameters: Numbers, fixed: Numbers, where: Path) -> Matrix:
    name = kind.split("_")[0]
    n_parameters = N_PARAMETERS.get(name)
    if n_parameters is None or not kind.endswith("_3_3"):
        raise ImageError(
            f"the transform is of kind '{kind}'",
            where=where,
            expected=f"a 3D transform of kind {', '.join(N_PARAMETERS)}",
            cure="Bring displacement fields as NIfTI files",
        )
    if len(parameters) != n_parameters:
        raise ImageError(
            f"the {kind} has {len(parameters)} parameters", where=where, expected=f"{n_parameters}"
        )
    linear, translation = _linear_part(name, parameters, fixed)
    centre = np.asarray(fixed[:3] if len(fixed) >= 3 else (0.0, 0.0, 0.0))
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = translation + centre - linear @ centre
    return matrix


#: Kinds that are understood -> how many parameters they have.
N_PARAMETERS: Mapping[str, int] = MappingProxyType(
    {
        "AffineTransform": 12,
        "MatrixOffsetTransformBase": 12,
        "Euler3DTransform": 6,
        "VersorRigid3DTransform": 6,
        "Similarity3DTransform": 7,
        "TranslationTransform": 3,
        "IdentityTransform": 0,
    }
)


def _linear_part(name: str, parameters: Numbers, fixed: Numbers) -> tuple[Matrix, Matrix]:
    values = np.asarray(parameters, dtype=np.float64)
    if name == "IdentityTransform":
        return np.eye(3), np.zeros(3)
    if name == "TranslationTransform":
        return np.eye(3), values
    if name == "Euler3DTransform":
        is_zyx = len(fixed) > 3 and fixed[3] != 0
        return _euler(values[:3], is_zyx=is_zyx), values[3:6]
    if name == "VersorRigid3DTransform":
        return _versor(values[:3]), values[3:6]
    if name == "Similarity3DTransform":
        return values[6] * _versor(values[:3]), values[3:6]
    return values[:9].reshape(3, 3), values[9:12]


def _euler(angles_rad: Matrix, *, is_zyx: bool) -> Matrix:
    (cx, cy, cz), (sx, sy, sz) = np.cos(angles_rad), np.sin(angles_rad)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return about_z @ about_y @ about_x if is_zyx else about_z @ about_x @ about_y


def _versor(right_part: Matrix) -> Matrix:
    x, y, z = right_part
    w = np.sqrt(max(0.0, 1.0 - x * x - y * y - z * z))
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
