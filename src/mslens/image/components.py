"""Connected components of a mask: labelled by size, measured, small ones left out.

Two voxels are connected when they share a face (6), a face or an edge (18), or a face, an edge
or a corner (26). Rosenfeld & Pfaltz, J ACM 1966.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, LabelArray

Connectivity = Literal[6, 18, 26]
_RANK: dict[Connectivity, int] = {6: 1, 18: 2, 26: 3}


def label_components(
    mask: Array, *, connectivity: Connectivity = 26, min_voxels: int = 1
) -> LabelArray:
    """Label the connected components of a mask, the largest first.

    Parameters
    ----------
    mask : ndarray, shape (x, y, z)
        Non-zero is inside; NaN is outside.
    connectivity : {6, 18, 26}
        Number of neighbours that a voxel can be connected to.
    min_voxels : int
        Smaller components are left out.

    Returns
    -------
    ndarray, shape (x, y, z), int32
        0 outside, 1 for the largest component and so on. Components of one size are in the
        order of their first voxel.
    """
    structure = ndimage.generate_binary_structure(3, _RANK[connectivity])
    inside = (np.asarray(mask) != 0) & ~np.isnan(mask)
    found, count = ndimage.label(inside, structure=structure)
    sizes = np.bincount(found.ravel(), minlength=count + 1)
    order = np.argsort(-sizes[1:], kind="stable") + 1
    kept = order[sizes[order] >= min_voxels]
    new_label = np.zeros(count + 1, dtype=np.int32)
    new_label[kept] = np.arange(1, len(kept) + 1)
    return new_label[found]


def count_voxels(labels: Array) -> npt.NDArray[np.int64]:
    """Count the voxels of each label.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
        Non-negative.

    Returns
    -------
    ndarray, shape (labels.max(),), int64
        Voxels of label 1, 2, ...; empty when there is no label.
    """
    return np.bincount(np.asarray(labels, dtype=np.int64).ravel(), minlength=1)[1:]


def keep_overlapping(mask: Array, seeds: Array, *, connectivity: Connectivity = 26) -> Array:
    """Keep the components of a mask that hold at least one seed voxel (hysteresis).

    Parameters
    ----------
    mask, seeds : ndarray, shape (x, y, z)
        Non-zero is inside.
    connectivity : {6, 18, 26}

    Returns
    -------
    ndarray, shape (x, y, z), bool

    Notes
    -----
    With `mask` above a low threshold and `seeds` above a high one this is the hysteresis of
    Canny, IEEE TPAMI 1986.
    """
    labels = label_components(mask, connectivity=connectivity)
    seeded = np.zeros(int(labels.max(initial=0)) + 1, dtype=bool)
    seeded[np.unique(labels[np.asarray(seeds) != 0])] = True
    seeded[0] = False
    return seeded[labels]
