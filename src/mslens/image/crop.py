"""The smallest box around a mask, so that kernels work on the head and not on the air."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array, Spacing


def crop_box(
    mask: Array, *, voxel_size_mm: Spacing = (1.0, 1.0, 1.0), margin_mm: float = 0.0
) -> tuple[slice, slice, slice]:
    """Find the box around the non-zero voxels of a mask.

    Parameters
    ----------
    mask : ndarray, shape (x, y, z)
    voxel_size_mm : tuple of 3 float
    margin_mm : float
        Added on every side, up to the border of the image.

    Returns
    -------
    tuple of 3 slice
        The whole image when the mask is empty.
    """
    inside = np.asarray(mask) != 0
    box = []
    for axis, size in enumerate(voxel_size_mm):
        others = tuple(other for other in range(3) if other != axis)
        held = np.flatnonzero(inside.any(axis=others))
        length = inside.shape[axis]
        if not held.size:
            box.append(slice(0, length))
            continue
        margin = int(min(np.ceil(margin_mm / size), length))
        box.append(slice(max(0, int(held[0]) - margin), min(length, int(held[-1]) + margin + 1)))
    return box[0], box[1], box[2]
