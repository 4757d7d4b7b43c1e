"""DSI Studio's TinyTrack (.tt.gz): a MATLAB-4 file whose streamlines are byte steps.

Each streamline: the number of coordinates as uint32, the first point as three int32, then one
int8 triplet per further point, the step from the point before; all in 1/32 voxel.
`trans_to_mni` takes voxels to RAS+ mm. Source: dsi-studio documentation, "TinyTrack (TT)".
"""

from __future__ import annotations

import io
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from mslens.connectome.tractogram import Tractogram
from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.core.errors import InputError
from mslens.core.transform import apply_affine

_UNIT = 32.0


def parse_tinytrack(content: bytes) -> Tractogram:
    """Read a .tt file, already decompressed.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    Tractogram
        All streamlines of reference subject 0.

    Raises
    ------
    InputError
        If it is no such file, is truncated or does not say where its voxels are.
    """
    try:
        fields = loadmat(cast("Any", io.BytesIO(content)))
    except (MatReadError, ValueError, TypeError, IndexError, OSError) as error:
        raise InputError("not a TinyTrack file", expected="a .tt.gz of DSI Studio") from error
    missing = [name for name in ("track", "trans_to_mni") if name not in fields]
    if missing:
        raise InputError(
            f"it has no '{missing[0]}'",
            expected="streamlines and their way to MNI",
            cure="Save it from DSI Studio in template space, or as .tck",
        )
    data = np.ascontiguousarray(fields["track"]).reshape(-1).view(np.uint8)
    n_points, complete = _count_points(data)
    if not complete:
        raise InputError("it ends inside a streamline", expected="a complete file")
    affine = np.asarray(fields["trans_to_mni"], dtype=np.float64).reshape(4, 4)
    voxels = _unpack(data, n_points) / _UNIT
    points = apply_affine(affine, voxels)
    stop = np.cumsum(n_points)
    return Tractogram(
        points.astype(np.float32), stop - n_points, stop, np.zeros(stop.size, dtype=np.int32)
    )


@kernel
def _read_int32(data: npt.NDArray[np.uint8], at: Any) -> Any:
    value = np.int64(0)
    for byte in range(4):
        value += np.int64(data[at + byte]) << np.int64(8 * byte)
    return value if value < 2147483648 else value - 4294967296


@kernel
def _count_points(data: npt.NDArray[np.uint8]) -> tuple[Array, bool]:
    """Points of each streamline, and whether the last one is whole."""
    count: Any = 0
    at: Any = 0
    for _ in range(2):
        counts = np.empty(count, dtype=np.int64)
        count = 0
        at = 0
        while at + 16 <= data.size:
            size = _read_int32(data, at)
            if size < 3 or at + 13 + size > data.size:
                break
            if count < counts.size:
                counts[count] = size // 3
            count += 1
            at += 13 + size
    return counts, at == data.size


@kernel
def _unpack(data: npt.NDArray[np.uint8], n_points: Array) -> npt.NDArray[np.float64]:
    total = 0
    for n in n_points:
        total += n
    points = np.empty((total, 3))
    at = 0
    row = 0
    for n in n_points:
        for axis in range(3):
            points[row, axis] = _read_int32(data, at + 4 + 4 * axis)
        at += 16
        row += 1
        for _ in range(n - 1):
            for axis in range(3):
                step = np.int64(data[at + axis])
                points[row, axis] = points[row - 1, axis] + (step - 256 if step > 127 else step)
            at += 3
            row += 1
    return points
