"""What the location of lesions is judged by, from a label map and the groups of its labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance
from mslens.image.location import Neighbourhood
from mslens.image.parcel_names import Group
from mslens.segment.parcels import select_groups

#: Distances are measured this far around the parcels.
_MARGIN_MM = 20.0


def find_neighbourhood(
    parcels: Array, groups: Mapping[int, Group], *, voxel_size_mm: Spacing
) -> Neighbourhood:
    """Find the ventricles, the cortex, the infratentorial and the deep grey regions.

    Parameters
    ----------
    parcels : ndarray of int, shape (x, y, z)
    groups : mapping of int to str
        Group of each label.
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    Neighbourhood
        Distances are infinite where there are no ventricles, or no cortex, at all.
    """
    box = crop_box(parcels, voxel_size_mm=voxel_size_mm, margin_mm=_MARGIN_MM)

    def away(group: Group) -> Array:
        whole = np.full(np.shape(parcels), np.inf, dtype=np.float32)
        region = select_groups(parcels[box], groups, (group,))
        whole[box] = measure_distance(region, voxel_size_mm=voxel_size_mm)
        return whole

    def within(*wanted: Group) -> MaskArray:
        return select_groups(parcels, groups, wanted)

    return Neighbourhood(
        ventricle_distance_mm=away("lateral-ventricle"),
        cortex_distance_mm=away("cortex"),
        infratentorial=within("brainstem", "cerebellum", "cerebellar-white-matter"),
        deep_grey=within("deep-grey-matter"),
    )
