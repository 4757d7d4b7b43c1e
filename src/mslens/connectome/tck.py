"""MRtrix tractograms (.tck): rows of float triplets in RAS+ mm, NaN between streamlines.

Source: MRtrix3 documentation, "Tracks file format (.tck)".
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from mslens.connectome.tractogram import Tractogram
from mslens.core.arrays import Array
from mslens.core.errors import InputError

_MAGIC = b"mrtrix tracks"
_TYPES = {
    "Float32LE": "<f4",
    "Float32BE": ">f4",
    "Float64LE": "<f8",
    "Float64BE": ">f8",
}
_HEADER_LIMIT = 1 << 20
#: Rows that are searched for separators at once.
_ROWS = 4_000_000


def parse_tck(content: npt.NDArray[np.uint8]) -> Tractogram:
    """Read a .tck file.

    Parameters
    ----------
    content : ndarray of uint8, shape (bytes,)
        The whole file; may be memory-mapped, the points are then read when they are used.

    Returns
    -------
    Tractogram
        All streamlines of reference subject 0; empty streamlines are left out.

    Raises
    ------
    InputError
        If it is no .tck file, its data type is unknown, or it is truncated.
    """
    head = content[:_HEADER_LIMIT].tobytes()
    end = head.find(b"\nEND\n")
    if not head.startswith(_MAGIC) or end < 0:
        raise InputError("not an MRtrix track file", expected="a header that ends in END")
    fields = dict(re.findall(r"^(\w+): *(.*?) *$", head[:end].decode("latin-1"), re.MULTILINE))
    dtype, offset = _TYPES.get(fields.get("datatype", "")), _offset(fields)
    if dtype is None:
        raise InputError(
            f"its data type is '{fields.get('datatype')}'", expected=f"one of {', '.join(_TYPES)}"
        )
    row_bytes = 3 * np.dtype(dtype).itemsize
    n_rows = (content.size - offset) // row_bytes
    rows = content[offset : offset + n_rows * row_bytes].view(dtype).reshape(-1, 3)
    breaks, n_rows = _find_breaks(rows)
    start = np.r_[0, breaks[:-1] + 1].astype(np.int64)
    kept = breaks > start
    count = fields.get("count", "")
    if count.isdigit() and int(count) > breaks.size:
        raise InputError(
            f"it holds {breaks.size} streamlines, its header says {int(count)}",
            expected="a complete file",
            cure="Copy or generate it again: it is truncated",
        )
    start, stop = start[kept], breaks[kept].astype(np.int64)
    return Tractogram(rows[:n_rows], start, stop, np.zeros(start.size, dtype=np.int32))


def _offset(fields: dict[str, str]) -> int:
    match = re.fullmatch(r"\. +(\d+)", fields.get("file", ""))
    if match is None:
        raise InputError("its data lie in another file", expected="'file: . OFFSET' in the header")
    return int(match.group(1))


def _find_breaks(rows: Array) -> tuple[npt.NDArray[np.int64], int]:
    """Rows of NaN that end a streamline, and the row of infinity that ends the file."""
    breaks = []
    for first in range(0, len(rows), _ROWS):
        x = rows[first : first + _ROWS, 0]
        ends = np.flatnonzero(np.isinf(x))
        stop = int(ends[0]) if ends.size else len(x)
        breaks.append(first + np.flatnonzero(np.isnan(x[:stop])))
        if ends.size:
            return np.concatenate(breaks), first + stop
    raise InputError(
        "it does not end as a track file does",
        expected="a row of infinity at its end",
        cure="Copy or generate it again: it is truncated",
    )
