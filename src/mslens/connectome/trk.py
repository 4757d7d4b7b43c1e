"""TrackVis tractograms (.trk): a header of 1000 bytes, then one record per streamline.

Points are in voxel millimetres from the corner of the first voxel; the header's affine takes
them to RAS+ mm. Source: trackvis.org, "Track File Format" (version 2).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.connectome.tractogram import Tractogram
from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.core.errors import InputError
from mslens.core.grid import Grid
from mslens.core.transform import apply_affine

_HEADER = np.dtype(
    [
        ("magic", "S6"),
        ("dim", "h", 3),
        ("voxel_size", "f4", 3),
        ("origin", "f4", 3),
        ("n_scalars", "h"),
        ("scalar_name", "S20", 10),
        ("n_properties", "h"),
        ("property_name", "S20", 10),
        ("vox_to_ras", "f4", (4, 4)),
        ("reserved", "S444"),
        ("voxel_order", "S4"),
        ("pad2", "S4"),
        ("orientation", "f4", 6),
        ("pad1", "S2"),
        ("invert", "u1", 6),
        ("n_count", "i4"),
        ("version", "i4"),
        ("hdr_size", "i4"),
    ]
)
_SIZE = 1000
_OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "S": "I", "I": "S"}


def parse_trk(content: npt.NDArray[np.uint8], *, subject_property: str | None = None) -> Tractogram:
    """Read a .trk file.

    Parameters
    ----------
    content : ndarray of uint8, shape (bytes,)
        The whole file.
    subject_property : str, optional
        Property of the streamlines that tells the reference subject.

    Returns
    -------
    Tractogram
        All of subject 0 without `subject_property`.

    Raises
    ------
    InputError
        If it is no .trk file, is truncated, has no affine or lacks the property.
    """
    header = _parse_header(content)
    body = content[_SIZE : _SIZE + (content.size - _SIZE) // 4 * 4]
    byte_order = header.dtype["hdr_size"].str[0]
    words = np.ascontiguousarray(body).view(f"{byte_order}i4").astype(np.int32)
    n_scalars, n_properties = int(header["n_scalars"]), int(header["n_properties"])
    first, n_points, complete = _walk(words, n_scalars, n_properties)
    stated = int(header["n_count"])
    if not complete or (stated > 0 and first.size != stated):
        raise InputError(
            f"it holds {first.size} complete streamlines, its header says {stated or 'nothing'}",
            expected="a complete file",
            cure="Copy or generate it again: it is truncated",
        )
    floats = words.view(np.float32)
    width = 3 + n_scalars
    stop = np.cumsum(n_points)
    rows = np.repeat(first - (stop - n_points) * width, n_points)
    rows = rows + np.arange(int(n_points.sum())) * width
    voxel_mm = np.stack([floats[rows], floats[rows + 1], floats[rows + 2]], axis=1)
    points = apply_affine(_to_world(header), voxel_mm.astype(np.float64))
    subject = np.zeros(first.size, dtype=np.int32)
    if subject_property is not None:
        column = _property_column(header, subject_property)
        values = floats[first + n_points * width + column]
        subject = np.unique(values, return_inverse=True)[1].astype(np.int32).reshape(-1)
    kept = n_points > 0
    return Tractogram(points.astype(np.float32), (stop - n_points)[kept], stop[kept], subject[kept])


def _parse_header(content: npt.NDArray[np.uint8]) -> np.void:
    if content.size < _SIZE or content[:5].tobytes() != b"TRACK":
        raise InputError("not a TrackVis file", expected="a header that begins with TRACK")
    for dtype in (_HEADER.newbyteorder("<"), _HEADER.newbyteorder(">")):
        header: np.void = np.frombuffer(content[:_SIZE].tobytes(), dtype=dtype)[0]
        if int(header["hdr_size"]) == _SIZE:
            return header
    raise InputError("its header is damaged", expected="a header size of 1000")


def _to_world(header: np.void) -> npt.NDArray[np.float64]:
    """Affine from voxel millimetres at the corner of the first voxel to RAS+ mm."""
    affine = np.asarray(header["vox_to_ras"], dtype=np.float64)
    size = np.asarray(header["voxel_size"], dtype=np.float64)
    if affine[3, 3] == 0 or (size <= 0).any():
        raise InputError(
            "its header has no affine, so nobody knows where its streamlines are",
            expected="vox_to_ras of version 2",
            cure="Convert it with the image it was made from, e.g. to .tck",
        )
    shape = tuple(max(1, int(n)) for n in header["dim"])
    to_voxel = np.diag([*(1.0 / size), 1.0])
    to_voxel[:3, 3] = -0.5
    stored = header["voxel_order"].decode("latin-1").strip("\0 ").upper()[:3]
    actual = Grid(affine, (shape[0], shape[1], shape[2])).axis_codes
    return np.asarray(affine @ _reorder(stored or "LPS", actual, shape) @ to_voxel)


def _reorder(stored: str, actual: str, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Affine from voxel indices in the stored order to those of the affine: flips only.

    Readers differ in what a permuted order means, so none is guessed.
    """
    matrix = np.eye(4)
    for axis, (here, there) in enumerate(zip(stored.ljust(3), actual, strict=True)):
        if _OPPOSITE.get(here) == there:
            matrix[axis, axis], matrix[axis, 3] = -1.0, shape[axis] - 1
        elif here != there:
            raise InputError(
                f"its voxel order is '{stored}', its affine's is '{actual}'",
                expected="the same axes in the same order",
                cure="Convert it to .tck with the program that wrote it",
            )
    return matrix


def _property_column(header: np.void, name: str) -> int:
    names = [raw.split(b"\0")[0].decode("latin-1") for raw in header["property_name"]]
    present = names[: int(header["n_properties"])]
    if name not in present:
        raise InputError(
            f"its streamlines have no property '{name}'",
            expected=f"one of {', '.join(present) or 'none'}",
        )
    return present.index(name)


@kernel
def _walk(words: Array, n_scalars: int, n_properties: int) -> tuple[Array, Array, bool]:
    """Place of each streamline's first coordinate and its number of points."""
    count = 0
    at = 0
    while at < words.size:
        if words[at] < 0:
            break
        at += 1 + words[at] * (3 + n_scalars) + n_properties
        if at <= words.size:
            count += 1
    first = np.empty(count, dtype=np.int64)
    n_points = np.empty(count, dtype=np.int64)
    place = 0
    for i in range(count):
        first[i] = place + 1
        n_points[i] = words[place]
        place += 1 + words[place] * (3 + n_scalars) + n_properties
    return first, n_points, at == words.size
