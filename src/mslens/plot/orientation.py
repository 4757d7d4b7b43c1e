"""The one convention of every picture: radiological, as on a reading station.

Axial and coronal pictures have the patient's left on the right-hand side, axial pictures have
anterior at the top, coronal and sagittal ones superior at the top, sagittal ones anterior on the
left-hand side.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from mslens.core.arrays import Array
from mslens.core.grid import Grid
from mslens.core.volume import Volume

Plane = Literal["axial", "coronal", "sagittal"]

#: The axis of a RAS array that a plane cuts.
CUT_AXIS: dict[Plane, int] = {"sagittal": 0, "coronal": 1, "axial": 2}
#: What lies at the left-hand and the right-hand edge of a picture.
EDGE_MARKS: dict[Plane, tuple[str, str]] = {
    "axial": ("R", "L"),
    "coronal": ("R", "L"),
    "sagittal": ("A", "P"),
}
CONVENTION = "Radiological convention: the patient's left is on the right of the picture."


def reorient_to_ras(volume: Volume) -> Volume:
    """Permute and flip the voxel axes so that they run right, anterior, superior.

    No voxel is interpolated: an oblique grid stays oblique, its axes are only put in order.
    """
    codes = volume.grid.axis_codes
    order = [next(i for i, code in enumerate(codes) if code in pair) for pair in ("LR", "PA", "IS")]
    flips = [codes[source] not in "RAS" for source in order]
    data = np.transpose(volume.data, order)
    matrix = np.eye(4)
    matrix[:3, :3] = 0
    for target, (source, flipped) in enumerate(zip(order, flips, strict=True)):
        matrix[source, target] = -1 if flipped else 1
        matrix[source, 3] = volume.grid.shape[source] - 1 if flipped else 0
        if flipped:
            data = np.flip(data, axis=target)
    i, j, k = data.shape
    return Volume(data, Grid(volume.grid.affine @ matrix, (i, j, k)), volume.kind)


def cut_picture(data: Array, plane: Plane, index: int) -> Array:
    """Cut a plane out of a RAS array and turn it the way it is looked at.

    Parameters
    ----------
    data : ndarray, shape (right, anterior, superior)
    plane : {"axial", "coronal", "sagittal"}
    index : int
        Along the axis that the plane cuts.

    Returns
    -------
    ndarray, shape (rows, columns)
        Row 0 is the top of the picture.
    """
    return np.flip(np.take(data, index, axis=CUT_AXIS[plane]), axis=(0, 1)).T


def picture_spacing_mm(grid: Grid, plane: Plane) -> tuple[float, float]:
    """Return the height and the width of a pixel of `cut_picture` in mm."""
    across, up = (axis for axis in range(3) if axis != CUT_AXIS[plane])
    return grid.voxel_size_mm[up], grid.voxel_size_mm[across]
