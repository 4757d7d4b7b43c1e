"""Mean over a box, IBSI 2 filter 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import SettingsError
from mslens.radiomics.filters.boundary import Boundary
from mslens.radiomics.filters.separable import convolve_axes


def mean_filter(
    image: Array, *, support_voxels: int, boundary: Boundary = "mirror", in_plane: bool = False
) -> npt.NDArray[np.float64]:
    """Return the mean over a box of `support_voxels` along every axis (of the slice).

    Raises
    ------
    SettingsError
        If the support is not odd and positive.
    """
    if support_voxels < 1 or support_voxels % 2 == 0:
        raise SettingsError(
            f"the support of the mean filter is {support_voxels} voxels", expected="an odd number"
        )
    taps = np.full(support_voxels, 1.0 / support_voxels)
    return convolve_axes(image, [None if in_plane else taps, taps, taps], boundary=boundary)
