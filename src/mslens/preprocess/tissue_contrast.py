"""Whether an image has the contrast that its name promises: fluid, grey and white in their order.

The medians where the template is surely one tissue, in units of the spread of the brain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, MaskArray

Contrast = Literal["T1w", "FLAIR", "T2w"]
_SURE = 0.8
_MIN_VOXELS = 50
_MAD_TO_SD = 1.4826
#: Sign that white and fluid less grey should have.
_WHITE_SIGN: dict[Contrast, int] = {"T1w": 1, "FLAIR": -1, "T2w": -1}
_FLUID_SIGN: dict[Contrast, int] = {"T1w": -1, "FLAIR": -1, "T2w": 1}


@dataclass(frozen=True)
class TissueContrast:
    """How the tissues of an image differ, in spreads of the brain; NaN where not known.

    Parameters
    ----------
    white, fluid : float
        White matter and fluid less grey matter.
    """

    white: float
    fluid: float

    def fits(self, contrast: Contrast) -> float:
        """Return the smaller of both differences in the direction that the contrast should have."""
        return min(_WHITE_SIGN[contrast] * self.white, _FLUID_SIGN[contrast] * self.fluid)


def measure_tissue_contrast(
    image: Array, brain: MaskArray, grey: Array, white: Array
) -> TissueContrast:
    """Measure the contrast of an image where the template is sure of the tissue.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
    brain : ndarray of bool, shape (x, y, z)
    grey, white : ndarray, shape (x, y, z)
        Probability of the template's tissue on the image's grid.

    Returns
    -------
    TissueContrast
    """
    data = np.asarray(image, dtype=np.float64)
    inside = data[brain]
    fluid = brain & (np.asarray(grey) + np.asarray(white) < 1 - _SURE)
    levels = [
        _level(data, part)
        for part in (fluid, brain & (np.asarray(grey) > _SURE), brain & (np.asarray(white) > _SURE))
    ]
    if not inside.size:
        return TissueContrast(float("nan"), float("nan"))
    spread = _MAD_TO_SD * float(np.median(np.abs(inside - np.median(inside))))
    if spread <= 0:
        return TissueContrast(float("nan"), float("nan"))
    return TissueContrast((levels[2] - levels[1]) / spread, (levels[0] - levels[1]) / spread)


def _level(data: npt.NDArray[np.float64], part: MaskArray) -> float:
    return float(np.median(data[part])) if int(part.sum()) >= _MIN_VOXELS else float("nan")
