"""A voxel grid in world space: x_world = affine @ (i, j, k, 1), RAS+ millimetres (NIfTI)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.core.errors import GridMismatch, ImageError

#: Two grids are the same when no corner voxel moves further than this share of a voxel.
SAME_GRID_TOLERANCE = 1e-2


@dataclass(frozen=True, eq=False)
class Grid:
    """Affine and shape of a 3D image.

    Parameters
    ----------
    affine : ndarray, shape (4, 4), float64
        Voxel index to RAS+ world millimetres.
    shape : tuple of 3 int

    Raises
    ------
    ImageError
        If the affine is singular or not finite, or the shape is not 3D.
    """

    affine: npt.NDArray[np.float64]
    shape: tuple[int, int, int]

    def __post_init__(self) -> None:
        affine = np.array(self.affine, dtype=np.float64)
        if affine.shape != (4, 4) or not np.isfinite(affine).all():
            raise ImageError("the affine is not a finite 4x4 matrix")
        sizes = np.linalg.norm(affine[:3, :3], axis=0)
        if (sizes == 0).any() or abs(np.linalg.det(affine[:3, :3])) < 1e-6 * sizes.prod():
            raise ImageError(
                "the affine is singular",
                expected="three independent voxel axes",
                cure="Convert the image again from DICOM, or repair its qform / sform",
            )
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ImageError(f"the image has shape {tuple(self.shape)}", expected="a 3D image")
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))

    @property
    def voxel_size_mm(self) -> Spacing:
        """Edge lengths of a voxel along its own axes, in mm."""
        i, j, k = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    @property
    def axis_codes(self) -> str:
        """World direction in which each voxel axis grows, e.g. ``"RAS"`` or ``"LPS"``."""
        directions = self.affine[:3, :3] / np.asarray(self.voxel_size_mm)
        codes, free = [""] * 3, [0, 1, 2]
        for axis in np.argsort(-np.abs(directions).max(axis=0)):
            world = max(free, key=lambda w: abs(directions[w, axis]))
            free.remove(world)
            codes[axis] = ("LR", "PA", "IS")[world][int(directions[world, axis] > 0)]
        return "".join(codes)

    def to_world(self, indices: Array) -> npt.NDArray[np.float64]:
        """Turn voxel indices, shape (..., 3), into world millimetres of the same shape."""
        return np.asarray(indices) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def to_index(self, points_mm: Array) -> npt.NDArray[np.float64]:
        """Turn world millimetres, shape (..., 3), into fractional voxel indices."""
        inverse = np.linalg.inv(self.affine)
        return np.asarray(points_mm) @ inverse[:3, :3].T + inverse[:3, 3]

    def is_close(self, other: Grid, *, tolerance_voxels: float = SAME_GRID_TOLERANCE) -> bool:
        """Say whether no corner of `other` lies further than the tolerance from ours."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape])).reshape(3, -1).T
        away = np.linalg.norm(self.to_world(corners) - other.to_world(corners), axis=1)
        return bool(away.max() <= tolerance_voxels * min(self.voxel_size_mm))

    def require_close(
        self, other: Grid, *, ours: str, theirs: str, cure: str | None = None
    ) -> None:
        """Raise `GridMismatch`, naming both images, unless the grids agree."""
        if not self.is_close(other):
            raise GridMismatch(
                f"{theirs} is {other.describe()}, {ours} is {self.describe()}",
                expected="the same grid",
                cure=cure,
            )

    def describe(self) -> str:
        """Shape, voxel size and orientation in words for messages."""
        shape = "x".join(str(n) for n in self.shape)
        size = "x".join(f"{s:.3g}" for s in self.voxel_size_mm)
        return f"{shape} at {size} mm ({self.axis_codes})"

    def resampled(self, voxel_size_mm: Spacing) -> Grid:
        """Grid of another voxel size over the same field of view."""
        factor = np.asarray(voxel_size_mm) / np.asarray(self.voxel_size_mm)
        extent = np.asarray(self.shape) / factor
        i, j, k = (max(1, int(n)) for n in np.ceil(extent - 1e-6))
        affine = self.affine.copy()
        affine[:3, :3] = affine[:3, :3] * factor
        affine[:3, 3] = self.to_world((factor - 1) / 2)
        return Grid(affine, (i, j, k))
