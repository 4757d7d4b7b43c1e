"""Tissue around the brain that does not hang together with it: marrow, muscle, eyes, scalp.

Brain is separated from them by a dark sheet of fluid and bone. Bright voxels are opened by a ball,
which cuts what thin bridges (veins, noise) connect; the largest component is the brain's core, and
bright voxels beyond the ball's reach of it are detached (connected threshold after opening, the
idea of Ward 1999, 3dIntracranial).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.image.components import label_components
from mslens.image.distance import measure_distance


def find_detached_tissue(
    data: Array,
    certain: MaskArray,
    *,
    level: float,
    voxel_size_mm: Spacing,
    bridge_radius_mm: float = 2.2,
) -> MaskArray:
    """Find bright voxels that do not belong to the component that holds the brain.

    Parameters
    ----------
    data : ndarray, shape (x, y, z)
        Bias-corrected image.
    certain : ndarray of bool, shape (x, y, z)
        Surely brain, whatever its intensity: counts as bright.
    level : float
        Intensity above which a voxel is bright; between fluid and grey matter.
    voxel_size_mm : tuple of 3 float
    bridge_radius_mm : float
        Bridges thinner than twice this do not connect.

    Returns
    -------
    ndarray of bool, shape (x, y, z)
        Nothing where no core is found.
    """
    bright = (np.asarray(data) > level) | certain
    inner = ndimage.distance_transform_edt(bright, sampling=voxel_size_mm) > bridge_radius_mm
    labels = label_components(inner, connectivity=6)
    if labels.max() == 0:
        return np.zeros(bright.shape, dtype=bool)
    reach_mm = bridge_radius_mm + min(voxel_size_mm)
    away = measure_distance(labels == 1, voxel_size_mm=voxel_size_mm, limit_mm=reach_mm)
    return np.asarray(bright & (away > reach_mm))
