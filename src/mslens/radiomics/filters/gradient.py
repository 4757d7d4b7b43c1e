"""Magnitude of the gradient by central differences, edges extended by their value."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing


def gradient_magnitude(
    image: Array, *, spacing_mm: Spacing, use_spacing: bool = True
) -> npt.NDArray[np.float32]:
    """Return the gradient's magnitude, as ITK's GradientMagnitudeImageFilter gives it.

    Parameters
    ----------
    image : ndarray, shape (k, j, i)
    spacing_mm : tuple of 3 float
        Voxel size along (k, j, i).
    use_spacing : bool
        Per mm; else per voxel.
    """
    squares = np.zeros(image.shape, dtype=np.float64)
    for axis, size in enumerate(spacing_mm):
        rim = [(1, 1) if a == axis else (0, 0) for a in range(3)]
        padded = np.moveaxis(np.pad(image, rim, mode="edge"), axis, 0).astype(np.float64)
        slope = np.moveaxis(0.5 * padded[2:] - 0.5 * padded[:-2], 0, axis)
        squares += (slope / size if use_spacing else slope) ** 2
    return np.sqrt(squares).astype(np.float32)
