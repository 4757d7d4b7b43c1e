"""Hold back the few intensities that would pull a mixture: clip far beyond the quartiles.

[q1 - k IQR, q3 + k IQR] with k = 5, well outside of Tukey's "far out" fences (k = 3): lesions and
vessels keep their rank, a single broken voxel does not become a class of its own.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array

_N_IQR = 5.0


def clip_outliers(values: Array) -> npt.NDArray[np.float32]:
    """Clip intensities far beyond their quartiles.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite intensities inside a brain mask.

    Returns
    -------
    ndarray, shape (n,), float32
    """
    intensities = np.asarray(values, dtype=np.float32)
    low, high = np.percentile(intensities, [25, 75])
    reach = _N_IQR * (high - low)
    if reach == 0:
        return intensities
    return np.clip(intensities, np.float32(low - reach), np.float32(high + reach))
