"""Sample many maps of one grid at the same points in one pass (trilinear, channels last)."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

FloatMap = npt.NDArray[np.float32]


def sample_stack(stack: FloatMap, index: npt.NDArray[np.floating]) -> FloatMap:
    """Interpolate every channel at fractional voxel indices; the border's value holds outside.

    Parameters
    ----------
    stack : ndarray, shape (x, y, z, n_channels), float32
    index : ndarray, shape (n, 3), float32 or float64

    Returns
    -------
    ndarray, shape (n, n_channels), float32
    """
    out = np.empty((len(index), stack.shape[3]), dtype=np.float32)
    _sample(np.ascontiguousarray(stack, dtype=np.float32), np.ascontiguousarray(index), out)
    return out


@numba.njit(cache=True, nogil=True)
def _sample(stack: FloatMap, index: npt.NDArray[np.floating], out: FloatMap) -> None:
    nx, ny, nz, nc = stack.shape
    for p in range(index.shape[0]):
        x = min(max(index[p, 0], 0.0), nx - 1.0)
        y = min(max(index[p, 1], 0.0), ny - 1.0)
        z = min(max(index[p, 2], 0.0), nz - 1.0)
        i0, j0, k0 = int(x), int(y), int(z)
        i1, j1, k1 = min(i0 + 1, nx - 1), min(j0 + 1, ny - 1), min(k0 + 1, nz - 1)
        a, b, c = np.float32(x - i0), np.float32(y - j0), np.float32(z - k0)
        one = np.float32(1.0)
        w000, w001 = (one - a) * (one - b) * (one - c), (one - a) * (one - b) * c
        w010, w011 = (one - a) * b * (one - c), (one - a) * b * c
        w100, w101 = a * (one - b) * (one - c), a * (one - b) * c
        w110, w111 = a * b * (one - c), a * b * c
        for d in range(nc):
            out[p, d] = (
                w000 * stack[i0, j0, k0, d]
                + w001 * stack[i0, j0, k1, d]
                + w010 * stack[i0, j1, k0, d]
                + w011 * stack[i0, j1, k1, d]
                + w100 * stack[i1, j0, k0, d]
                + w101 * stack[i1, j0, k1, d]
                + w110 * stack[i1, j1, k0, d]
                + w111 * stack[i1, j1, k1, d]
            )
