"""Outliers of a group by the robust z-score.

z = (x - median) / (1.4826 MAD). A value is an outlier when |z| > 3.5 (Iglewicz and Hoaglin, How to
Detect and Handle Outliers, ASQC 1993, with their 0.6745 / MAD written as 1 / (1.4826 MAD)).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

MAD_TO_SD = 1.4826


def robust_z(
    values: Sequence[float], *, log: bool = False, min_values: int = 8
) -> npt.NDArray[np.float64]:
    """Return the robust z-score of every value.

    Parameters
    ----------
    values : sequence of float
        NaN where missing.
    log : bool
        Score log(1 + x) in place of x, for skewed measures such as lesion load.
    min_values : int
        With fewer known values, or a MAD of 0, no score can be given.

    Returns
    -------
    ndarray, same length, float64
        NaN where there is no score.
    """
    number = np.asarray(values, dtype=np.float64)
    if log:
        number = np.log1p(np.clip(number, 0, None))
    known = number[np.isfinite(number)]
    nothing = np.full(number.shape, np.nan)
    if known.size < min_values:
        return nothing
    centre = np.median(known)
    spread = MAD_TO_SD * np.median(np.abs(known - centre))
    if spread <= 0:
        return nothing
    return np.asarray((number - centre) / spread, dtype=np.float64)
