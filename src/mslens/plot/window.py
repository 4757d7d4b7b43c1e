"""The range of intensities that a picture shows."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array, MaskArray


def robust_window(
    data: Array, mask: MaskArray, *, low_percent: float = 0.5, high_percent: float = 99.8
) -> tuple[float, float]:
    """Return the intensities to show as black and as white.

    Parameters
    ----------
    data : ndarray
    mask : ndarray of bool, same shape
        Where to look; the whole array where the mask is empty.
    low_percent, high_percent : float
        Percentiles inside the mask. Black is never above zero for an image without negative
        values, so that the background stays black.

    Returns
    -------
    (float, float)
        ``low < high`` always, also for a constant image.
    """
    values = np.asarray(data[mask] if mask.any() else data, dtype=np.float64)
    values = values[np.isfinite(values)]
    if values.size == 0:
        return 0.0, 1.0
    low, high = (float(v) for v in np.percentile(values, (low_percent, high_percent)))
    if values.min() >= 0:
        low = 0.0
    if high <= low:
        high = low + max(abs(low) * 1e-3, 1e-6)
    return low, high
