"""Convolution with one kernel per axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import Array
from mslens.radiomics.filters.boundary import SCIPY_MODES, Boundary


def convolve_axes(
    image: Array, kernels: Sequence[Array | None], *, boundary: Boundary
) -> npt.NDArray[np.float64]:
    """Convolve a volume, shape (k, j, i), with a kernel per axis; None leaves an axis alone."""
    response = image.astype(np.float64)
    for axis, taps in enumerate(kernels):
        if taps is not None:
            response = ndimage.convolve1d(response, taps, axis=axis, mode=SCIPY_MODES[boundary])
    return np.asarray(response)
