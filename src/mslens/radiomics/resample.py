"""Image and label map on another voxel size, aligned the way PyRadiomics aligns them.

The new grid shares the image's corner, not its centre; labels take their nearest neighbour.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import ndimage

from mslens.core.arrays import Array, LabelArray, Spacing

_ORDERS: dict[str, Literal[0, 1, 3]] = {"nearest": 0, "linear": 1, "bspline": 3}


def resample_pair(
    image: Array,
    labels: LabelArray,
    *,
    spacing_mm: Spacing,
    new_spacing_mm: Spacing,
    interpolation: Literal["bspline", "linear", "nearest"] = "bspline",
) -> tuple[Array, LabelArray, Spacing]:
    """Resample an image and its labels.

    Parameters
    ----------
    image, labels : ndarray, shape (k, j, i)
    spacing_mm, new_spacing_mm : tuple of 3 float
        Along (k, j, i); a new spacing of 0 keeps the old one.
    interpolation : {"bspline", "linear", "nearest"}
        For the image.

    Returns
    -------
    image, labels : ndarray
    spacing_mm : tuple of 3 float
        What was used.
    """
    old = np.asarray(spacing_mm, dtype=np.float64)
    new = np.where(np.asarray(new_spacing_mm) == 0, old, new_spacing_mm)
    k, j, i = (float(s) for s in new)
    if np.allclose(old, new):
        return image, labels, (k, j, i)
    places = [
        0.5 * (b - a) / a + b / a * np.arange(int(np.ceil(n * a / b)))
        for n, a, b in zip(image.shape, old, new, strict=True)
    ]
    inside = [(p >= -0.5) & (p < n - 0.5) for p, n in zip(places, image.shape, strict=True)]
    nearest = [
        np.clip(np.floor(p + 0.5), 0, n - 1).astype(np.int64)
        for p, n in zip(places, image.shape, strict=True)
    ]
    covered = inside[0][:, None, None] & inside[1][:, None] & inside[2]
    grid = np.meshgrid(*places, indexing="ij")
    order = _ORDERS[interpolation]
    moved = ndimage.map_coordinates(image.astype(np.float64), grid, order=order, mode="mirror")
    moved = np.where(covered, moved, 0.0).astype(image.dtype)
    return moved, np.where(covered, labels[np.ix_(*nearest)], 0), (k, j, i)
