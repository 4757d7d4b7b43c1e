"""Globally optimal surface between inside and outside, by convex relaxation.

min over u in [0, 1] of sum g |grad u| + sum r u, thresholded at one half, where r < 0 speaks for
inside and g is the price of the surface in mm^-1 (Chan 2006, doi:10.1137/040615286), by the
primal-dual steps of Chambolle & Pock 2011 (doi:10.1007/s10851-010-0251-1).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Spacing

#: Step of both variables: 1 / sqrt(12) is the bound in three dimensions.
_STEP = 1.0 / np.sqrt(12.0)


def find_minimal_surface(
    evidence: npt.NDArray[np.float32],
    price: npt.NDArray[np.float32],
    *,
    voxel_size_mm: Spacing,
    max_iterations: int = 300,
    tolerance: float = 1e-3,
) -> npt.NDArray[np.float32]:
    """Find the inside that balances evidence and surface.

    Parameters
    ----------
    evidence : ndarray, shape (x, y, z), float32
        Log-odds of outside against inside, per voxel of the smallest edge.
    price : ndarray, shape (x, y, z), float32
        Price of the surface through a voxel, >= 0.
    voxel_size_mm : tuple of 3 float
        Slopes along an axis count in units of the smallest edge.
    max_iterations : int
    tolerance : float
        The iteration stops when the mean change of u over ten iterations falls below.

    Returns
    -------
    ndarray, shape (x, y, z), float32
        u, 0-1; inside where >= 0.5.
    """
    sizes = np.asarray(voxel_size_mm, dtype=np.float64)
    share = (sizes.min() / sizes).astype(np.float32)
    u = (np.asarray(evidence) < 0).astype(np.float32)
    ahead = u.copy()
    dual = np.zeros((3, *u.shape), dtype=np.float32)
    before = u.copy()
    for iteration in range(max_iterations):
        _advance(
            u,
            ahead,
            dual,
            np.ascontiguousarray(evidence, dtype=np.float32),
            np.ascontiguousarray(price, dtype=np.float32),
            share,
            np.float32(_STEP),
        )
        if iteration % 10 == 9:
            if float(np.abs(u - before).mean()) < tolerance:
                break
            before = u.copy()
    return u


@numba.njit(cache=True, nogil=True, fastmath={"contract"})
def _advance(
    u: npt.NDArray[np.float32],
    ahead: npt.NDArray[np.float32],
    dual: npt.NDArray[np.float32],
    evidence: npt.NDArray[np.float32],
    price: npt.NDArray[np.float32],
    share: npt.NDArray[np.float32],
    step: np.float32,
) -> None:
    nx, ny, nz = u.shape
    zero, one = np.float32(0), np.float32(1)
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                here = ahead[i, j, k]
                a = ahead[i + 1, j, k] - here if i + 1 < nx else zero
                b = ahead[i, j + 1, k] - here if j + 1 < ny else zero
                c = ahead[i, j, k + 1] - here if k + 1 < nz else zero
                p = dual[0, i, j, k] + step * a * share[0]
                q = dual[1, i, j, k] + step * b * share[1]
                r = dual[2, i, j, k] + step * c * share[2]
                length = np.sqrt(p * p + q * q + r * r)
                shrink = one
                if length > price[i, j, k]:
                    shrink = price[i, j, k] / length
                dual[0, i, j, k] = p * shrink
                dual[1, i, j, k] = q * shrink
                dual[2, i, j, k] = r * shrink
    for i in range(nx):
        for j in range(ny):
            for k in range(nz):
                flow = share[0] * (dual[0, i, j, k] - (dual[0, i - 1, j, k] if i else zero))
                flow += share[1] * (dual[1, i, j, k] - (dual[1, i, j - 1, k] if j else zero))
                flow += share[2] * (dual[2, i, j, k] - (dual[2, i, j, k - 1] if k else zero))
                old = u[i, j, k]
                new = min(max(old + step * (flow - evidence[i, j, k]), zero), one)
                u[i, j, k] = new
                ahead[i, j, k] = 2 * new - old
