"""What the first opinion of a lesion model says of the surroundings of each voxel.

A voxel knows little of what it belongs to. The second forest therefore sees, beside the features
of the voxel, the first one's opinion around it at several scales, and the size, form and certainty
of the island that the voxel lies on: that tells a small lesion from a vessel, a fold of the cortex
or the lining of a ventricle (auto-context, Tu and Bai, IEEE TPAMI 2010,
doi:10.1109/TPAMI.2009.186).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.special import expit

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.image.crop import crop_box
from mslens.segment.lesion_islands import ISLAND_FEATURES, find_islands

Floats = npt.NDArray[np.float32]

_SCALES_MM = (1.6, 3.2, 6.4, 12.8)
_NEAR_MM = 3.0
#: Islands are cut from the log odds at these heights: what could be, and what rather is a lesion.
ISLAND_MARGINS = (-1.5, 0.0)
CONTEXT_FEATURES = (
    "margin",
    *(f"share_{scale}" for scale in _SCALES_MM),
    "margin_high",
    "margin_low",
    *(f"{name}_above_{margin}" for margin in ISLAND_MARGINS for name in ISLAND_FEATURES),
)
_NOWHERE = -12.0


def measure_context(
    margin: Array, where: Array, *, shape: tuple[int, int, int], voxel_size_mm: Spacing
) -> Floats:
    """Describe the surroundings of each voxel by the opinions on its neighbours.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log odds of each voxel that was asked about; all others count as no lesion.
    where : ndarray, shape (n,), int
        Its flat index in the image.
    shape : tuple of 3 int
        Of the image.
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    ndarray, shape (n, len(CONTEXT_FEATURES)), float32
        NaN where a voxel lies on no island.
    """
    asked = np.zeros(shape, dtype=bool)
    asked.ravel()[where] = True
    box = crop_box(asked)
    inner = asked[box]
    table = np.full((len(margin), len(CONTEXT_FEATURES)), np.nan, dtype=np.float32)
    table[:, 0] = margin
    table[:, 1 : 1 + len(_SCALES_MM) + 2] = _look_around(margin, inner, voxel_size_mm)
    column = 1 + len(_SCALES_MM) + 2
    for lowest in ISLAND_MARGINS:
        found = find_islands(
            margin, where, shape=shape, voxel_size_mm=voxel_size_mm, lowest_margin=lowest
        )
        on = found.owner > 0
        table[on, column : column + len(ISLAND_FEATURES)] = found.values[found.owner[on] - 1]
        column += len(ISLAND_FEATURES)
    return table


def _look_around(margin: Array, inner: MaskArray, voxel_size_mm: Spacing) -> Floats:
    """Mean probability at each scale, highest and lowest log odds nearby, shape (n, 6)."""
    size = np.asarray(voxel_size_mm)
    height = np.full(inner.shape, _NOWHERE, dtype=np.float32)
    height[inner] = margin
    likely = np.where(inner, expit(height), np.float32(0))
    columns = [
        ndimage.gaussian_filter(likely, scale / size, mode="constant", truncate=2.5)
        for scale in _SCALES_MM
    ]
    near = [2 * max(1, round(_NEAR_MM / 2 / step)) + 1 for step in voxel_size_mm]
    columns.append(ndimage.maximum_filter(height, near, mode="constant", cval=_NOWHERE))
    columns.append(ndimage.minimum_filter(height, near, mode="constant", cval=_NOWHERE))
    return np.stack([column[inner] for column in columns], axis=1)
