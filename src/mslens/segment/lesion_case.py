"""One brain with its lesions drawn: what a lesion model learns from."""

from __future__ import annotations

from dataclasses import dataclass

from mslens.core.arrays import Array, MaskArray, Spacing


@dataclass(frozen=True, eq=False)
class LesionCase:
    """Images of one session, preprocessed, with the truth.

    Parameters
    ----------
    name : str
    group : str
        Cases of one person share it: they are never on both sides of a split.
    flair : ndarray, shape (x, y, z)
    t1w, t2w : ndarray, shape (x, y, z), or None
    mask, lesions : ndarray, shape (x, y, z), bool
    geography : ndarray, shape (8, x, y, z), float32
        `mslens.segment.lesion_geography.map_geography`.
    voxel_size_mm : tuple of 3 float
    is_real : bool
        Whether a scanner made it.
    """

    name: str
    group: str
    flair: Array
    t1w: Array | None
    t2w: Array | None
    mask: MaskArray
    lesions: MaskArray
    geography: Array
    voxel_size_mm: Spacing
    is_real: bool = False
