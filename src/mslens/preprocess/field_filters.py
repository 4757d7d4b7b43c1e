"""Separable filters on a grid, written for one thread: box sums, Gaussians, warps.

Every kernel adds in a fixed order, so that its bytes do not depend on how many workers run.
Arrays are (x, y, z), vector fields (3, x, y, z) in voxels.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]


def gaussian_weights(sigma: float, *, truncate: float = 2.5) -> npt.NDArray[np.float32]:
    """Build the normalised weights of a Gaussian of `sigma` voxels, centre first, one side."""
    radius = int(np.ceil(truncate * sigma))
    side = np.exp(-0.5 * (np.arange(radius + 1) / max(sigma, 1e-6)) ** 2)
    return np.asarray(side / (2 * side.sum() - side[0]), dtype=np.float32)


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def box_sum(data: Image, radius: int, scratch: Image) -> None:
    """Replace `data` by its sum over a cube of +-radius voxels, cut off at the border."""
    nx, ny, nz = data.shape
    for i in range(nx):
        for j in range(ny):
            total = np.float32(0)
            for k in range(min(radius, nz)):
                total += data[i, j, k]
            for k in range(nz):
                if k + radius < nz:
                    total += data[i, j, k + radius]
                if k - radius - 1 >= 0:
                    total -= data[i, j, k - radius - 1]
                scratch[i, j, k] = total
    for i in range(nx):
        row = np.zeros(nz, np.float32)
        for j in range(min(radius, ny)):
            for k in range(nz):
                row[k] += scratch[i, j, k]
        for j in range(ny):
            if j + radius < ny:
                for k in range(nz):
                    row[k] += scratch[i, j + radius, k]
            if j - radius - 1 >= 0:
                for k in range(nz):
                    row[k] -= scratch[i, j - radius - 1, k]
            for k in range(nz):
                data[i, j, k] = row[k]
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                scratch[i, j, k] = data[i, j, k]
    plane = np.zeros((ny, nz), np.float32)
    for i in range(min(radius, nx)):
        for j in range(ny):
            for k in range(nz):
                plane[j, k] += scratch[i, j, k]
    for i in range(nx):
        for j in range(ny):
            if i + radius < nx:
                for k in range(nz):
                    plane[j, k] += scratch[i + radius, j, k]
            if i - radius - 1 >= 0:
                for k in range(nz):
                    plane[j, k] -= scratch[i - radius - 1, j, k]
            for k in range(nz):
                data[i, j, k] = plane[j, k]


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def smooth(data: Image, weights: npt.NDArray[np.float32], scratch: Image) -> None:
    """Replace `data` by its Gaussian smoothing; the border's value continues outside."""
    nx, ny, nz = data.shape
    radius = len(weights) - 1
    padded = np.empty(nz + 2 * radius, np.float32)
    for i in range(nx):
        for j in range(ny):
            for k in range(radius):
                padded[k] = data[i, j, 0]
                padded[nz + radius + k] = data[i, j, nz - 1]
            for k in range(nz):
                padded[radius + k] = data[i, j, k]
            for k in range(nz):
                scratch[i, j, k] = weights[0] * padded[k + radius]
            for r in range(1, radius + 1):
                for k in range(nz):
                    scratch[i, j, k] += weights[r] * (
                        padded[k + radius - r] + padded[k + radius + r]
                    )
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                data[i, j, k] = weights[0] * scratch[i, j, k]
            for r in range(1, radius + 1):
                below, above = max(j - r, 0), min(j + r, ny - 1)
                for k in range(nz):
                    data[i, j, k] += weights[r] * (scratch[i, below, k] + scratch[i, above, k])
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                scratch[i, j, k] = weights[0] * data[i, j, k]
            for r in range(1, radius + 1):
                below, above = max(i - r, 0), min(i + r, nx - 1)
                for k in range(nz):
                    scratch[i, j, k] += weights[r] * (data[below, j, k] + data[above, j, k])
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                data[i, j, k] = scratch[i, j, k]


@numba.njit(cache=True, inline="always")
def _clamped(x: np.float32, n: int) -> tuple[int, np.float32]:
    """Lower neighbour (at most n - 2) and the weight of the upper, clamped to the grid."""
    if x <= 0:
        return 0, np.float32(0)
    if x >= n - 1:
        return n - 2, np.float32(1)
    low = int(x)
    return low, np.float32(x - low)


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def warp(data: Image, field: npt.NDArray[np.float32], out: Image) -> None:
    """Trilinear samples of `data` at x + field(x); the border's value continues outside."""
    nx, ny, nz = data.shape
    one = np.float32(1)
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                i0, a = _clamped(np.float32(i) + field[0, i, j, k], nx)
                j0, b = _clamped(np.float32(j) + field[1, i, j, k], ny)
                k0, c = _clamped(np.float32(k) + field[2, i, j, k], nz)
                v00 = data[i0, j0, k0] * (one - c) + data[i0, j0, k0 + 1] * c
                v01 = data[i0, j0 + 1, k0] * (one - c) + data[i0, j0 + 1, k0 + 1] * c
                v10 = data[i0 + 1, j0, k0] * (one - c) + data[i0 + 1, j0, k0 + 1] * c
                v11 = data[i0 + 1, j0 + 1, k0] * (one - c) + data[i0 + 1, j0 + 1, k0 + 1] * c
                out[i, j, k] = (v00 * (one - b) + v01 * b) * (one - a) + (
                    v10 * (one - b) + v11 * b
                ) * a


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def compose_update(
    field: npt.NDArray[np.float32], update: npt.NDArray[np.float32], out: npt.NDArray[np.float32]
) -> None:
    """Write update(x) + field(x + update(x)) into `out`."""
    for d in range(3):
        warp(field[d], update, out[d])
    for d in range(3):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                for k in range(out.shape[3]):
                    out[d, i, j, k] += update[d, i, j, k]
