"""Log-Jacobian of a displacement field: log det(I + du/dx), central differences.

For a pull-back from Y to X the determinant is the volume in X per volume in Y: above 0 where
X's anatomy is larger than Y's (Ashburner 2000, doi:10.1006/nimg.2000.0582).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.errors import ImageError
from mslens.core.transform import DisplacementTransform
from mslens.core.volume import Volume


def jacobian_determinant(transform: DisplacementTransform) -> npt.NDArray[np.float32]:
    """Measure the determinant of the pull-back at every sample of its field, shape = grid.shape.

    Raises
    ------
    ImageError
        If the grid has an axis of one sample, along which there is no derivative.
    """
    grid = transform.grid
    if min(grid.shape) < 2:
        raise ImageError(f"a field on {grid.describe()} has no derivative along every axis")
    field = np.ascontiguousarray(transform.displacement_mm, dtype=np.float32)
    determinant = np.empty(grid.shape, dtype=np.float32)
    _determinants(field, np.linalg.inv(grid.affine[:3, :3]), determinant)
    return determinant


def measure_log_jacobian(
    transform: DisplacementTransform, *, smoothing_fwhm_mm: float = 0.0, floor: float = 0.01
) -> Volume:
    """Log-Jacobian map of a pull-back.

    Parameters
    ----------
    transform : DisplacementTransform
    smoothing_fwhm_mm : float
        Full width at half maximum of a Gaussian on the determinant: the logarithm is taken of
        the mean volume change, which a rough field leaves as it is. (The mean of the logarithms
        is lower by half their variance.)
    floor : float
        Smallest determinant that the logarithm takes; folds are counted by
        `jacobian_determinant`, not here.

    Returns
    -------
    Volume, scalar, float32, on the field's grid
    """
    determinant = np.maximum(jacobian_determinant(transform), floor)
    if smoothing_fwhm_mm > 0:
        sigma_mm = smoothing_fwhm_mm / (2 * np.sqrt(2 * np.log(2)))
        sigma = sigma_mm / np.asarray(transform.grid.voxel_size_mm)
        determinant = ndimage.gaussian_filter(determinant, sigma, mode="nearest")
    return Volume(np.log(determinant).astype(np.float32), transform.grid, "scalar")


@numba.njit(cache=True, nogil=True)
def _determinants(
    field: npt.NDArray[np.float32],
    to_index: npt.NDArray[np.float64],
    out: npt.NDArray[np.float32],
) -> None:
    nx, ny, nz = out.shape
    m = np.empty((3, 3))
    for i in range(nx):
        i0, i1 = max(i - 1, 0), min(i + 1, nx - 1)
        for j in range(ny):
            j0, j1 = max(j - 1, 0), min(j + 1, ny - 1)
            for k in range(nz):
                k0, k1 = max(k - 1, 0), min(k + 1, nz - 1)
                for d in range(3):
                    a = (field[i1, j, k, d] - field[i0, j, k, d]) / (i1 - i0)
                    b = (field[i, j1, k, d] - field[i, j0, k, d]) / (j1 - j0)
                    c = (field[i, j, k1, d] - field[i, j, k0, d]) / (k1 - k0)
                    for e in range(3):
                        m[d, e] = a * to_index[0, e] + b * to_index[1, e] + c * to_index[2, e]
                    m[d, d] += 1.0
                out[i, j, k] = (
                    m[0, 0] * (m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1])
                    - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
                    + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
                )
