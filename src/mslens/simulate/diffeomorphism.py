"""Random smooth diffeomorphisms: the flow of a stationary velocity field.

phi = exp(v) by scaling and squaring (Arsigny 2006, doi:10.1007/11866565_113): v / 2^n is taken
as a displacement and composed with itself n times. exp(-v) is the inverse.
"""

from __future__ import annotations

from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Spacing

Field = npt.NDArray[np.float32]

#: No step of the scaled field may move a point further than this share of a voxel.
_SMALL_STEP_VOXELS = 0.25


def exponentiate_velocity(velocity_mm: Field, *, voxel_size_mm: Spacing) -> Field:
    """Flow along a stationary velocity field for unit time.

    Parameters
    ----------
    velocity_mm : ndarray, shape (x, y, z, 3), float32
        Millimetres per unit time along the voxel axes; zero outside the array.
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    ndarray, shape (x, y, z, 3), float32
        Displacement in mm: the point p goes to p + displacement(p).
    """
    size = np.asarray(voxel_size_mm, dtype=np.float32)
    displacement = np.asarray(velocity_mm, dtype=np.float32) / size
    largest = float(np.abs(displacement).max(initial=0.0))
    steps = max(0, int(np.ceil(np.log2(max(largest, 1e-9) / _SMALL_STEP_VOXELS))))
    displacement = displacement / np.float32(2.0**steps)
    for _ in range(steps):
        squared = np.empty_like(displacement)
        _compose_with_itself(displacement, squared)
        displacement = squared
    return np.asarray(displacement * size, dtype=np.float32)


def draw_velocity(
    shape: tuple[int, int, int],
    *,
    voxel_size_mm: Spacing,
    scales_mm: Sequence[float],
    amplitudes_mm: Sequence[float],
    rng: np.random.Generator,
) -> Field:
    """Draw a smooth random velocity field as a sum of Gaussian-filtered white noise.

    Parameters
    ----------
    shape : tuple of 3 int
    voxel_size_mm : tuple of 3 float
    scales_mm : sequence of float
        Standard deviation of the Gaussian filter of each component of the sum.
    amplitudes_mm : sequence of float
        Standard deviation of each component along each axis.
    rng : numpy Generator

    Returns
    -------
    ndarray, shape (x, y, z, 3), float32
    """
    velocity = np.zeros((*shape, 3), dtype=np.float32)
    for scale, amplitude in zip(scales_mm, amplitudes_mm, strict=True):
        for axis in range(3):
            velocity[..., axis] += amplitude * draw_smooth_noise(
                shape, voxel_size_mm=voxel_size_mm, scale_mm=scale, rng=rng
            )
    return velocity


def draw_smooth_noise(
    shape: tuple[int, int, int],
    *,
    voxel_size_mm: Spacing,
    scale_mm: float,
    rng: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Draw white noise, filter it by a Gaussian and give it unit variance.

    The noise is drawn on a grid as coarse as the filter allows and interpolated, so a wide
    filter costs no more than a narrow one.

    Parameters
    ----------
    shape : tuple of 3 int
    voxel_size_mm : tuple of 3 float
    scale_mm : float
        Standard deviation of the filter.
    rng : numpy Generator

    Returns
    -------
    ndarray, shape, float32
    """
    size = np.asarray(voxel_size_mm)
    coarse_mm = np.maximum(size, scale_mm / 2.0)
    sigma = scale_mm / coarse_mm
    margin = np.ceil(3.0 * sigma).astype(int)
    coarse = np.ceil((np.asarray(shape) - 1) * size / coarse_mm).astype(int) + 2 + 2 * margin
    noise = rng.standard_normal(tuple(int(n) for n in coarse), dtype=np.float32)
    noise = ndimage.gaussian_filter(noise, sigma, mode="wrap", truncate=3.0)
    noise /= np.float32(_filtered_sd(sigma))
    for axis in range(3):
        position = margin[axis] + np.arange(shape[axis]) * size[axis] / coarse_mm[axis]
        noise = _interpolate_axis(noise, position, axis)
    return np.ascontiguousarray(noise, dtype=np.float32)


def _filtered_sd(sigma: npt.NDArray[np.float64]) -> float:
    """Return the standard deviation of unit white noise after the Gaussian of `sigma`."""
    power = 1.0
    for s in sigma:
        reach = np.arange(-int(3.0 * s + 0.5), int(3.0 * s + 0.5) + 1)
        weight = np.exp(-0.5 * (reach / s) ** 2)
        power *= float(((weight / weight.sum()) ** 2).sum())
    return float(np.sqrt(power))


def _interpolate_axis(
    data: npt.NDArray[np.float32], position: npt.NDArray[np.float64], axis: int
) -> npt.NDArray[np.float32]:
    low = np.minimum(position.astype(int), data.shape[axis] - 2)
    weight = (position - low).astype(np.float32)
    broadcast = [1, 1, 1]
    broadcast[axis] = len(position)
    upper = weight.reshape(broadcast)
    return np.asarray(
        np.take(data, low, axis=axis) * (1 - upper) + np.take(data, low + 1, axis=axis) * upper
    )


@numba.njit(cache=True, nogil=True)
def _compose_with_itself(u: Field, out: Field) -> None:
    """Write u(p) + u(p + u(p)) with u in voxels; zero outside the array."""
    nx, ny, nz = u.shape[:3]
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                x = i + u[i, j, k, 0]
                y = j + u[i, j, k, 1]
                z = k + u[i, j, k, 2]
                i0, j0, k0 = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
                a, b, c = np.float32(x - i0), np.float32(y - j0), np.float32(z - k0)
                for d in range(3):
                    total = np.float32(0.0)
                    for corner in range(8):
                        di, dj, dk = corner & 1, (corner >> 1) & 1, corner >> 2
                        ii, jj, kk = i0 + di, j0 + dj, k0 + dk
                        if 0 <= ii < nx and 0 <= jj < ny and 0 <= kk < nz:
                            weight = a if di else 1 - a
                            weight *= b if dj else 1 - b
                            weight *= c if dk else 1 - c
                            total += weight * u[ii, jj, kk, d]
                    out[i, j, k, d] = u[i, j, k, d] + total
