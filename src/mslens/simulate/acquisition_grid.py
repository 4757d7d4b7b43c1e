"""Where a sequence puts its voxels: field of view, slices, tilt, storage order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.grid import Grid
from mslens.simulate.anatomy import subject_grid
from mslens.simulate.body import rigid_matrix
from mslens.simulate.sequences import Sequence

#: Field of view of slices in plane and through them, and where the brain's middle lies, mm.
_AXIAL_FIELD_MM, _AXIAL_COVER_MM, _AXIAL_CENTRE_MM = (200.0, 236.0), 162.0, (0.0, -16.0, 6.0)
#: Slices are tilted towards the line from the front to the back of the callosum.
_TILT_MEAN_DEGREES, _TILT_SD_DEGREES = 8.0, 4.0
_STORED_AXES = {"axial": "LAS", "sagittal": "ASL"}


@dataclass(frozen=True, eq=False)
class Slices:
    """Voxels of one acquisition.

    Parameters
    ----------
    grid : Grid
        As reconstructed, first two axes in plane, in RAS directions.
    sub_slices : int
        Samples over the thickness of a slice from which its profile is made; 1 for 3D.
    zoom : int
        How many times the matrix was interpolated in plane.
    """

    grid: Grid
    sub_slices: int
    zoom: int


def plan_slices(sequence: Sequence, *, finest_mm: float, rng: np.random.Generator) -> Slices:
    """Lay out the slices of one acquisition.

    Parameters
    ----------
    sequence : Sequence
    finest_mm : float
        No voxel is smaller than this: the voxel size of the anatomy.
    rng : numpy Generator
        Tilt of the slices, fine shifts.

    Returns
    -------
    Slices
    """
    tilt = np.deg2rad(_TILT_MEAN_DEGREES + _TILT_SD_DEGREES * rng.standard_normal())
    jitter = rng.uniform(-0.5, 0.5, 3)
    if sequence.is_3d:
        grid = subject_grid(max(finest_mm, sequence.voxel_mm[0]))
        affine = grid.affine.copy()
        affine[:3, 3] += jitter
        return Slices(Grid(affine, grid.shape), 1, 1)
    in_plane = max(finest_mm, sequence.voxel_mm[0])
    acquired = 2 * sequence.voxel_mm[0]
    zoom = 2 if sequence.zero_filled and acquired > 0.95 * finest_mm else 1
    if zoom == 2:
        in_plane = sequence.voxel_mm[0]
    thickness = max(finest_mm, sequence.voxel_mm[2])
    shape = [2 * round(field / in_plane / 2) for field in _AXIAL_FIELD_MM]
    shape.append(round(_AXIAL_COVER_MM / thickness))
    turn = rigid_matrix(np.array([-tilt, 0.0, 0.0]), np.zeros(3))
    affine = turn @ np.diag([in_plane, in_plane, thickness, 1.0])
    middle = affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    affine[:3, 3] = np.array(_AXIAL_CENTRE_MM) + jitter - middle
    sub_slices = max(1, round(thickness / max(1.0, 0.75 * finest_mm)))
    return Slices(Grid(affine, (shape[0], shape[1], shape[2])), sub_slices, zoom)


def is_on_anatomy(sequence: Sequence, finest_mm: float) -> bool:
    """Say whether a sequence's voxels are those of the anatomy, so nothing is interpolated."""
    return all(size <= finest_mm + 1e-6 for size in sequence.voxel_mm) and sequence.is_3d


def store_as_scanned(data: Array, grid: Grid, sequence: Sequence) -> tuple[Array, Grid]:
    """Reorder and flip the axes as scanners store them; the world stays the same.

    Parameters
    ----------
    data : ndarray, shape (x, y, z, ...)
        On `grid`, whose axes grow towards right, anterior and superior.
    grid : Grid
    sequence : Sequence

    Returns
    -------
    data : ndarray
    grid : Grid
    """
    codes = _STORED_AXES[sequence.plane]
    order = [next(i for i, pair in enumerate(("LR", "PA", "IS")) if c in pair) for c in codes]
    data = np.transpose(data, [*order, *range(3, data.ndim)])
    affine: npt.NDArray[np.float64] = np.eye(4)
    affine[:3, :3] = grid.affine[:3, order]
    affine[:3, 3] = grid.affine[:3, 3]
    for axis, code in enumerate(codes):
        if code in "LPI":
            affine[:3, 3] += affine[:3, axis] * (data.shape[axis] - 1)
            affine[:3, axis] *= -1
            data = np.flip(data, axis)
    shape = data.shape
    return np.ascontiguousarray(data), Grid(affine, (shape[0], shape[1], shape[2]))
