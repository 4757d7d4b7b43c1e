"""Principal curvatures of an image, which tell a bright blob from a tube and from a sheet.

Eigenvalues of the Hessian of the image under a Gaussian, times its variance (Lindeberg 1998): three
negative ones are a bright blob, two a tube, one a sheet (Frangi et al., MICCAI 1998). Eigenvalues
in closed form after Smith, Communications of the ACM 1961, doi:10.1145/355578.366316.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing

Floats = npt.NDArray[np.float32]
#: With less the second derivative of a constant is not zero.
_TRUNCATE = 4.0


def measure_curvatures(
    image: Array, where: MaskArray, *, sigma_mm: float, voxel_size_mm: Spacing
) -> Floats:
    """Measure the principal curvatures of an image at one scale.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
        Finite; used beyond `where` too. Repeated beyond its border.
    where : ndarray of bool, shape (x, y, z)
        Voxels that are asked about.
    sigma_mm : float
        Standard deviation of the Gaussian.
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    ndarray, shape (n, 3), float32
        Of each voxel of `where`, ascending, in units of the image.
    """
    sigma = sigma_mm / np.asarray(voxel_size_mm, dtype=np.float64)
    values = np.asarray(image, dtype=np.float32)

    def second(a: int, b: int) -> npt.NDArray[np.float64]:
        order = [0, 0, 0]
        order[a] += 1
        order[b] += 1
        derived = ndimage.gaussian_filter(
            values, sigma, order=order, mode="nearest", truncate=_TRUNCATE
        )
        return np.asarray(derived[where] * (sigma[a] * sigma[b]), dtype=np.float64)

    return _eigenvalues(*(second(a, b) for a in range(3) for b in range(a, 3)))


def _eigenvalues(xx: Array, xy: Array, xz: Array, yy: Array, yz: Array, zz: Array) -> Floats:
    """Eigenvalues of symmetric 3x3 matrices, ascending, shape (n, 3)."""
    mean = (xx + yy + zz) / 3
    a, b, c = xx - mean, yy - mean, zz - mean
    spread = np.sqrt((a**2 + b**2 + c**2 + 2 * (xy**2 + xz**2 + yz**2)) / 6)
    determinant = a * (b * c - yz**2) - xy * (xy * c - yz * xz) + xz * (xy * yz - b * xz)
    cosine = determinant / np.maximum(2 * spread**3, np.finfo(np.float64).tiny)
    angle = np.arccos(np.clip(cosine, -1, 1)) / 3
    largest = mean + 2 * spread * np.cos(angle)
    smallest = mean + 2 * spread * np.cos(angle + 2 * np.pi / 3)
    return np.stack([smallest, 3 * mean - largest - smallest, largest], axis=1).astype(np.float32)
