"""The region in which each end of a streamline lies.

Streamlines mostly end at the border of grey matter: an end outside every region takes the
nearest region within a margin.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, LabelArray, Spacing
from mslens.core.errors import InputError
from mslens.image.distance import spread_labels


def assign_ends(
    ends: Array, labels: LabelArray, *, voxel_size_mm: Spacing, margin_mm: float = 2.0
) -> npt.NDArray[np.int32]:
    """Give each end of each streamline the label of its region.

    Parameters
    ----------
    ends : ndarray of int, shape (n, 2)
        Flat voxel of each end, -1 outside the grid.
    labels : ndarray of int, shape (x, y, z)
        0 is no region.
    voxel_size_mm : tuple of 3 float
    margin_mm : float
        How far from a region an end may lie.

    Returns
    -------
    ndarray, shape (n, 2), int32
        0 where no region is near enough.

    Raises
    ------
    InputError
        If a label is negative, or an end lies outside the label map.
    """
    regions = np.asarray(labels)
    if regions.min(initial=0) < 0:
        raise InputError("the label map has negative labels", expected="0 and above")
    if ends.max(initial=-1) >= regions.size:
        raise InputError(
            f"the label map has shape {regions.shape}", expected="the grid of the index"
        )
    wanted = np.zeros(regions.size, dtype=bool)
    wanted[ends[ends >= 0]] = True
    near = spread_labels(
        regions,
        wanted.reshape(regions.shape),
        voxel_size_mm=voxel_size_mm,
        limit_mm=margin_mm,
    ).ravel()
    return np.where(ends >= 0, near[np.maximum(ends, 0)], 0).astype(np.int32)
