"""Log-Jacobian of a displacement field: log det(I + du/dx), central differences.

For a pull-back from Y to X the determinant is the volume in X per volume in Y: above 0 where
X's anatomy is larger than Y's (Ashburner 2000, doi:10.1006/nimg.2000.0582).
"""

from __future__ import annotations

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
    per_index = np.empty((*grid.shape, 3, 3), dtype=np.float32)
    for axis in range(3):
        per_index[..., axis] = np.gradient(transform.displacement_mm, axis=axis)
    to_index = np.linalg.inv(grid.affine[:3, :3]).astype(np.float32)
    return np.asarray(np.linalg.det(per_index @ to_index + np.eye(3, dtype=np.float32)))


def measure_log_jacobian(
    transform: DisplacementTransform, *, smoothing_fwhm_mm: float = 0.0, floor: float = 0.01
) -> Volume:
    """Log-Jacobian map of a pull-back.

    Parameters
    ----------
    transform : DisplacementTransform
    smoothing_fwhm_mm : float
        Full width at half maximum of a Gaussian on the log-Jacobian.
    floor : float
        Smallest determinant that the logarithm takes; folds are counted by
        `jacobian_determinant`, not here.

    Returns
    -------
    Volume, scalar, float32, on the field's grid
    """
    log = np.log(np.maximum(jacobian_determinant(transform), floor))
    if smoothing_fwhm_mm > 0:
        sigma_mm = smoothing_fwhm_mm / (2 * np.sqrt(2 * np.log(2)))
        sigma = sigma_mm / np.asarray(transform.grid.voxel_size_mm)
        log = ndimage.gaussian_filter(log, sigma, mode="nearest")
    return Volume(log.astype(np.float32), transform.grid, "scalar")
