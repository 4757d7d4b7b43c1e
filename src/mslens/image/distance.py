"""Euclidean distance to a mask in millimetres, with voxels of any shape.

Exact transform of Maurer et al., IEEE TPAMI 2003 (SciPy), with the voxel size as sampling.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, Spacing
from mslens.image.crop import crop_box


def measure_distance(
    mask: Array, *, voxel_size_mm: Spacing, limit_mm: float = np.inf
) -> npt.NDArray[np.float32]:
    """Measure the distance of every voxel centre to the nearest voxel centre of a mask.

    Parameters
    ----------
    mask : ndarray, shape (x, y, z)
        Non-zero is inside.
    voxel_size_mm : tuple of 3 float
    limit_mm : float
        Distances above it are given as infinity: a small limit saves most of the work when
        the mask fills a small part of the image.

    Returns
    -------
    ndarray, shape (x, y, z), float32
        Millimetres; 0 inside the mask; infinity everywhere when the mask is empty.
    """
    inside = np.asarray(mask) != 0
    away = np.full(inside.shape, np.inf, dtype=np.float32)
    if not inside.any():
        return away
    box = crop_box(inside, voxel_size_mm=voxel_size_mm, margin_mm=limit_mm)
    near = ndimage.distance_transform_edt(~inside[box], sampling=voxel_size_mm)
    away[box] = np.where(near <= limit_mm, near, np.inf)
    return away


def spread_labels(
    labels: Array, into: Array, *, voxel_size_mm: Spacing, limit_mm: float = np.inf
) -> npt.NDArray[np.int32]:
    """Give each voxel of `into` the label of the nearest labelled voxel.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
        0 is unlabelled.
    into : ndarray, shape (x, y, z)
        Where a label is wanted: non-zero.
    voxel_size_mm : tuple of 3 float
    limit_mm : float
        Voxels further from any label than this stay 0.

    Returns
    -------
    ndarray, shape (x, y, z), int32
        0 outside `into`.
    """
    wanted = np.asarray(into) != 0
    source = np.asarray(labels).astype(np.int32)
    spread = np.where(wanted, source, np.int32(0))
    missing = wanted & (source == 0)
    if not missing.any() or not source.any():
        return spread
    box = crop_box(wanted | (source != 0), voxel_size_mm=voxel_size_mm)
    away, nearest = ndimage.distance_transform_edt(
        source[box] == 0, sampling=voxel_size_mm, return_indices=True
    )
    reachable = missing[box] & (away <= limit_mm)
    i, j, k = (axis[reachable] for axis in nearest)
    inner = spread[box]
    inner[reachable] = source[box][i, j, k]
    return spread
