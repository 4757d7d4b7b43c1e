"""Inverse index of a tractogram: voxel -> streamlines that pass it, streamline -> end voxels.

Scoring a lesion then reads only the lists of the lesion's voxels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.connectome.tractogram import Tractogram
from mslens.connectome.traversal import count_visits, record_visits
from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.core.grid import Grid
from mslens.core.transform import TransformChain

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class InverseIndex:
    """Which streamlines pass a voxel and where they end.

    Parameters
    ----------
    grid : Grid
        Of the template space.
    voxel_start : ndarray of int64, shape (voxels + 1,)
        Voxel v, in C order, is passed by ``visitors[voxel_start[v]:voxel_start[v + 1]]``.
    visitors : ndarray of int32, shape (visits,)
        Streamlines, ascending within a voxel.
    ends : ndarray of int32, shape (n, 2)
        Voxel of the first and the last point; -1 outside the grid.
    subject_of : ndarray of int32, shape (n,)
        Reference subject of each streamline, from 0.
    n_outside : int
        Streamlines that leave the grid; what lies outside is not counted.
    """

    grid: Grid
    voxel_start: Array
    visitors: Array
    ends: Array
    subject_of: Array
    n_outside: int

    @property
    def n_streamlines(self) -> int:
        """Number of streamlines."""
        return int(self.ends.shape[0])

    @property
    def n_subjects(self) -> int:
        """Number of reference subjects."""
        return int(self.subject_of.max()) + 1

    def passing(self, voxel: tuple[int, int, int]) -> Array:
        """Return the streamlines that pass one voxel."""
        flat = int(np.ravel_multi_index(voxel, self.grid.shape))
        return np.asarray(self.visitors[self.voxel_start[flat] : self.voxel_start[flat + 1]])


def build_index(
    tractogram: Tractogram,
    grid: Grid,
    *,
    chain: TransformChain = (),
    max_outside_share: float = 0.01,
) -> InverseIndex:
    """Build the inverse index of a tractogram on a grid.

    Parameters
    ----------
    tractogram : Tractogram
    grid : Grid
        Of the template space.
    chain : sequence of transforms
        Pull-backs from the tractogram's space; empty when it is in template space already.
    max_outside_share : float
        More streamlines than this that leave the grid mean that the space is wrong.

    Returns
    -------
    InverseIndex

    Raises
    ------
    InputError
        If too many streamlines leave the grid; the message compares the two boxes.
    """
    n_voxels = int(np.prod(grid.shape))
    count = np.zeros(n_voxels, dtype=np.int64)
    shape = np.array(grid.shape, dtype=np.int64)
    outside = np.zeros(tractogram.n_streamlines, dtype=bool)
    ends = np.full((tractogram.n_streamlines, 2), -1, dtype=np.int32)
    visitor = np.full(n_voxels, -1, dtype=np.int32)
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for chunk in tractogram.chunks(chain):
        index = grid.to_index(chunk.points_mm)
        part = slice(chunk.first, chunk.first + chunk.start.size)
        count_visits(
            index, chunk.start, chunk.stop, shape, chunk.first, visitor, count, outside[part]
        )
        ends[part, 0] = _find_voxels(index[chunk.start], grid)
        ends[part, 1] = _find_voxels(index[chunk.stop - 1], grid)
        low = np.minimum(low, np.nanmin(chunk.points_mm, axis=0))
        high = np.maximum(high, np.nanmax(chunk.points_mm, axis=0))
    _require_inside(outside, max_outside_share, grid, low, high)
    voxel_start = np.r_[0, np.cumsum(count)]
    visitors = np.empty(int(voxel_start[-1]), dtype=np.int32)
    cursor = voxel_start[:-1].copy()
    visitor[:] = -1
    for chunk in tractogram.chunks(chain):
        index = grid.to_index(chunk.points_mm)
        part = slice(chunk.first, chunk.first + chunk.start.size)
        record_visits(
            index,
            chunk.start,
            chunk.stop,
            shape,
            chunk.first,
            visitor,
            cursor,
            visitors,
            outside[part],
        )
    return InverseIndex(
        grid, voxel_start, visitors, ends, tractogram.subject_of, int(outside.sum())
    )


def _find_voxels(index: npt.NDArray[np.float64], grid: Grid) -> npt.NDArray[np.int32]:
    """Flat voxel of each fractional index, -1 outside the grid."""
    voxel = np.floor(index + 0.5).astype(np.int64)
    inside = ((voxel >= 0) & (voxel < grid.shape)).all(axis=1)
    flat = np.full(len(index), -1, dtype=np.int32)
    flat[inside] = np.ravel_multi_index(tuple(voxel[inside].T), grid.shape)
    return flat


def _require_inside(
    outside: npt.NDArray[np.bool_], limit: float, grid: Grid, low: Array, high: Array
) -> None:
    if outside.mean() <= limit:
        return
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in grid.shape])).reshape(3, -1).T
    world = grid.to_world(corners)
    raise InputError(
        f"{outside.sum()} of {outside.size} streamlines leave the template's grid (the first is "
        f"number {np.flatnonzero(outside)[0]}): they reach from {_box(low)} to {_box(high)} mm, "
        f"the grid from {_box(world.min(axis=0))} to {_box(world.max(axis=0))} mm",
        expected="a tractogram in template space",
        cure="Pass the transform from-template_to-tractogram",
    )


def _box(point: Array) -> str:
    return "(" + ", ".join(f"{value:.0f}" for value in point) + ")"
