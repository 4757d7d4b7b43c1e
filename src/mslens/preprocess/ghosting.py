"""Ghosts of a moving head: brightness of the air beside the head along one axis only.

Ghosts lie along the phase-encoding direction, so the air in the head's shadow along that axis is
brighter than the air in no shadow at all. After the ghost-to-signal ratio of Giannelli et al.,
J Appl Clin Med Phys 2010 (doi:10.1120/jacmp.v11i4.3237).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.image.components import label_components
from mslens.preprocess.field_of_view import widen_mask
from mslens.preprocess.foreground import find_threshold

#: Distance to the head (mm) from which on voxels count as air.
_GAP_MM = 8.0
#: Fewer voxels of air than this, or air that is 0 (cut out, defaced), say nothing.
_MIN_VOXELS = 500
#: Share of Otsu's threshold that is bright, and the smallest part of a head.
_BRIGHT, _SMALLEST_PART_MM3 = 0.7, 1000.0


def measure_ghosting(image: Array, brain: MaskArray, *, voxel_size_mm: Spacing) -> float:
    """Measure ghosts in the air.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
        Whole head as scanned.
    brain : ndarray of bool, shape (x, y, z)
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    float
        Median of the air in the head's shadow along the worst axis, less that of the air in no
        shadow (where there is none: of the darkest shadow), over the median of the brain. NaN
        where there is no air to judge by.
    """
    data = np.asarray(image, dtype=np.float32)
    signal = float(np.median(data[brain])) if brain.any() else 0.0
    head = brain | _find_head(data, float(np.prod(voxel_size_mm)))
    air = ~widen_mask(head, voxel_size_mm=voxel_size_mm, by_mm=_GAP_MM)
    if signal <= 0 or int(air.sum()) < _MIN_VOXELS or float((data[air] > 0).mean()) < 0.5:
        return float("nan")
    shadows = [np.broadcast_to(head.any(axis=axis, keepdims=True), head.shape) for axis in range(3)]
    inside = [air & own & ~_others(shadows, axis) for axis, own in enumerate(shadows)]
    levels = [float(np.median(data[part])) for part in inside if int(part.sum()) >= _MIN_VOXELS]
    if not levels:
        return float("nan")
    nowhere = air & ~np.any(shadows, axis=0)
    least = float(np.median(data[nowhere])) if int(nowhere.sum()) >= _MIN_VOXELS else min(levels)
    return (max(levels) - least) / signal


def _find_head(data: npt.NDArray[np.float32], voxel_mm3: float) -> MaskArray:
    """Everything bright that is more than specks: the brain, and the scalp apart from it."""
    bright = data > _BRIGHT * find_threshold(data)
    least = max(1, round(_SMALLEST_PART_MM3 / voxel_mm3))
    return np.asarray(label_components(bright, connectivity=6, min_voxels=least) > 0)


def _others(shadows: list[MaskArray], axis: int) -> MaskArray:
    return np.asarray(np.any([s for other, s in enumerate(shadows) if other != axis], axis=0))
