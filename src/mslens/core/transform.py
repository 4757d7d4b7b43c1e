"""Spatial transforms as pull-backs: a point of the target space goes to its source point.

A transform named ``from-X_to-Y`` resamples an image of X onto a grid of Y, so it maps world
points of Y to world points of X (the convention of ITK and of BIDS ``mode-image`` transforms).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import ImageError
from mslens.core.grid import Grid


@dataclass(frozen=True, eq=False)
class AffineTransform:
    """Affine pull-back in RAS+ world millimetres.

    Parameters
    ----------
    matrix : ndarray, shape (4, 4), float64
        Target world point to source world point.
    """

    matrix: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        matrix = np.array(self.matrix, dtype=np.float64)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise ImageError("the transform is not a finite 4x4 matrix")
        matrix.setflags(write=False)
        object.__setattr__(self, "matrix", matrix)

    def inverse(self) -> AffineTransform:
        """Return the transform in the other direction."""
        return AffineTransform(np.asarray(np.linalg.inv(self.matrix), dtype=np.float64))


@dataclass(frozen=True, eq=False)
class DisplacementTransform:
    """Dense pull-back: the point p of the target goes to p + displacement(p).

    Parameters
    ----------
    displacement_mm : ndarray, shape (*grid.shape, 3), float32
        RAS+ millimetres, sampled on `grid`, which lies in the target space. Between samples
        it is linear; outside the grid the nearest sample holds.
    grid : Grid
    """

    displacement_mm: npt.NDArray[np.float32]
    grid: Grid

    def __post_init__(self) -> None:
        if self.displacement_mm.shape != (*self.grid.shape, 3):
            raise ImageError(
                f"the displacement field has shape {self.displacement_mm.shape}",
                expected=f"{(*self.grid.shape, 3)}",
            )


Transform = AffineTransform | DisplacementTransform

#: Applied from first to last to a point of the target space.
TransformChain = Sequence[Transform]


def identity() -> AffineTransform:
    """Return the transform that moves nothing."""
    return AffineTransform(np.eye(4))


def apply_affine(matrix: Array, points_mm: Array) -> npt.NDArray[np.float64]:
    """Apply a 4x4 matrix to points, shape (..., 3)."""
    return np.asarray(points_mm) @ matrix[:3, :3].T + matrix[:3, 3]
