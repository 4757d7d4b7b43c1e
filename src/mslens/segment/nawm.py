"""Normal-appearing white matter: white matter away from other tissue and from lesions.

A voxel counts when its centre lies further than 1 mm from every centre that is not white matter
(one voxel is shaved off at 1 mm) and further than 3 mm from every lesion voxel, so that
neither partial volume nor the dirty rim of a lesion is taken for normal.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.core.settings import Settings
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance


class NawmSettings(Settings):
    """Margins of the normal-appearing white matter.

    Parameters
    ----------
    tissue_margin_mm : float
        Distance to other tissue that must be exceeded.
    lesion_margin_mm : float
        Distance to lesions that must be exceeded.
    """

    tissue_margin_mm: float = Field(default=1.0, ge=0)
    lesion_margin_mm: float = Field(default=3.0, ge=0)


def find_nawm(
    white: Array,
    lesions: Array | None = None,
    *,
    voxel_size_mm: Spacing,
    settings: NawmSettings,
) -> MaskArray:
    """Find the normal-appearing white matter.

    Parameters
    ----------
    white : ndarray, shape (x, y, z)
        Cerebral white matter, lesions included.
    lesions : ndarray, shape (x, y, z), optional
    voxel_size_mm : tuple of 3 float
    settings : NawmSettings

    Returns
    -------
    ndarray, shape (x, y, z), bool
    """
    found = np.asarray(white) != 0
    if not found.any():
        return found
    reach_mm = max(settings.tissue_margin_mm, settings.lesion_margin_mm) + max(voxel_size_mm)
    box = crop_box(found, voxel_size_mm=voxel_size_mm, margin_mm=reach_mm)
    kept = found.copy()
    for other, margin_mm in (
        (~found, settings.tissue_margin_mm),
        (lesions, settings.lesion_margin_mm),
    ):
        if other is not None:
            away = measure_distance(other[box], voxel_size_mm=voxel_size_mm, limit_mm=margin_mm)
            kept[box] &= away > margin_mm
    return kept
