"""Gaussian and Laplacian of Gaussian as sampled, truncated kernels: the convention of IBSI 2.

The kernel of the Laplacian is the sampled continuous function, summed over its truncated
support; it is not forced to sum to zero. IBSI 2 reference manual, filter 2.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.core.errors import SettingsError
from mslens.radiomics.filters.boundary import Boundary
from mslens.radiomics.filters.separable import convolve_axes


def _sample(sigma: float, cutoff: float) -> tuple[Array, Array]:
    if not sigma > 0:
        raise SettingsError(f"sigma is {sigma}", expected="a positive width in mm")
    reach = int(np.floor(cutoff * sigma + 0.5))
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    gaussian = np.exp(-(x**2) / (2 * sigma**2)) / (np.sqrt(2 * np.pi) * sigma)
    return gaussian, gaussian * (x**2 / sigma**4 - 1 / sigma**2)


def gaussian_truncated(
    image: Array,
    *,
    sigma_mm: float,
    spacing_mm: Spacing,
    cutoff: float = 4.0,
    boundary: Boundary = "mirror",
    in_plane: bool = False,
) -> npt.NDArray[np.float64]:
    """Smooth a volume, shape (k, j, i), with a normalised kernel cut at `cutoff` sigmas."""
    kernels: list[Array | None] = [_sample(sigma_mm / s, cutoff)[0] for s in spacing_mm]
    normalised = [None if k is None else k / k.sum() for k in kernels]
    if in_plane:
        normalised[0] = None
    return convolve_axes(image, normalised, boundary=boundary)


def laplacian_truncated(
    image: Array,
    *,
    sigma_mm: float,
    spacing_mm: Spacing,
    cutoff: float = 4.0,
    boundary: Boundary = "mirror",
    in_plane: bool = False,
) -> npt.NDArray[np.float64]:
    """Apply the Laplacian of Gaussian of IBSI 2 to a volume, shape (k, j, i).

    Parameters
    ----------
    sigma_mm : float
    spacing_mm : tuple of 3 float
    cutoff : float
        The kernel reaches this many sigmas.
    boundary : Boundary
    in_plane : bool
        A two-dimensional kernel per slice.
    """
    axes = (1, 2) if in_plane else (0, 1, 2)
    pairs = {axis: _sample(sigma_mm / spacing_mm[axis], cutoff) for axis in axes}
    response = np.zeros(image.shape)
    for curved in axes:
        kernels: list[Array | None] = [None, None, None]
        for axis in axes:
            kernels[axis] = pairs[axis][1 if axis == curved else 0]
        response += convolve_axes(image, kernels, boundary=boundary)
    return response
