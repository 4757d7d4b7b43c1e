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
    shape = tuple(int(n) for n in np.ceil(np.asarray(image.shape) * old / new))
    ratio, offset = new / old, 0.5 * (new - old) / old
    moved = ndimage.affine_transform(
        image.astype(np.float64),
        ratio,
        offset=offset,
        output_shape=shape,
        order=_ORDERS[interpolation],
        mode="mirror",
    )
    kept = ndimage.affine_transform(
        labels, ratio, offset=offset, output_shape=shape, order=0, mode="constant"
    )
    return moved.astype(image.dtype), kept, (k, j, i)
