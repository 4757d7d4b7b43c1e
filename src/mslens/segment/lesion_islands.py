"""Islands of connected voxels that could be a lesion, described as a whole."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.image.components import label_components

Floats = npt.NDArray[np.float32]

ISLAND_FEATURES = (
    "log_volume", "margin_max", "margin_mean", "margin_sd", "longest_mm", "roundness",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Islands:
    """Islands of one brain.

    Parameters
    ----------
    values : ndarray, shape (m, len(ISLAND_FEATURES)), float32
    owner : ndarray, shape (n,), int32
        Island of each of the voxels that were asked about, from 1; 0 is none.
    voxels : ndarray, shape (m,), int64
        Size of each island.
    """

    values: Floats
    owner: npt.NDArray[np.int32]
    voxels: npt.NDArray[np.int64]


def find_islands(
    margin: Array,
    where: Array,
    *,
    shape: tuple[int, int, int],
    voxel_size_mm: Spacing,
    lowest_margin: float,
) -> Islands:
    """Join neighbouring voxels above a low probability and describe what they form.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        Log odds of each voxel.
    where : ndarray, shape (n,), int
        Its flat index in the image.
    shape : tuple of 3 int
        Of the image.
    voxel_size_mm : tuple of 3 float
    lowest_margin : float
        Voxels above it are joined.

    Returns
    -------
    Islands
        Largest first.
    """
    above = np.zeros(shape, dtype=bool)
    above.ravel()[where] = margin > lowest_margin
    owner = label_components(above).ravel()[where]
    voxels = np.bincount(owner, minlength=1)[1:]
    rows = owner > 0
    of, count = owner[rows] - 1, np.maximum(voxels, 1)
    m = len(voxels)

    def mean(column: Array) -> Array:
        return np.bincount(of, weights=column.astype(np.float64), minlength=m) / count

    inside = margin[rows].astype(np.float64)
    highest = np.full(m, -np.inf)
    np.maximum.at(highest, of, inside)
    middle = mean(inside)
    sd = np.sqrt(np.maximum(mean(inside**2) - middle**2, 0))
    volume_mm3 = voxels * float(np.prod(voxel_size_mm))
    longest, roundness = _form(of, where[rows], shape, voxel_size_mm, volume_mm3)
    table = np.column_stack(
        [np.log(np.maximum(volume_mm3, 1e-3)), highest, middle, sd, longest, roundness]
    )
    return Islands(table.astype(np.float32), owner.astype(np.int32), voxels)


def _form(
    of: Array, where: Array, shape: tuple[int, int, int], size: Spacing, volume_mm3: Array
) -> tuple[Array, Array]:
    """Length of the longest axis (4 SD) and volume over that of the ball of that diameter."""
    m = len(volume_mm3)
    count = np.maximum(np.bincount(of, minlength=m), 1)
    points = np.stack(np.unravel_index(where, shape), axis=1) * np.asarray(size)
    centre = np.stack([np.bincount(of, points[:, k], m) / count for k in range(3)], axis=1)
    away = points - centre[of] if len(of) else points
    spread = np.empty((m, 3, 3))
    for a in range(3):
        for b in range(3):
            spread[:, a, b] = np.bincount(of, away[:, a] * away[:, b], m) / count
    spread += np.diag(np.asarray(size) ** 2 / 12)
    largest = np.linalg.eigvalsh(spread)[:, -1] if m else np.zeros(0)
    longest = 4.0 * np.sqrt(np.maximum(largest, 0))
    return longest, volume_mm3 / np.maximum(np.pi / 6 * longest**3, 1e-6)
