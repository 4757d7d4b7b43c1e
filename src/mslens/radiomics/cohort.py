"""Everyone of a cohort against all of it: a robust z-score per feature and region.

z = (x - median) / (1.4826 MAD), over the sessions that have a value. Iglewicz and Hoaglin, How to
Detect and Handle Outliers, ASQC 1993.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError

MAD_TO_SD = 1.4826
#: With fewer sessions a median absolute deviation says nothing.
MIN_SESSIONS = 8
#: Columns that are scored together, so that memory does not grow with the cohort.
_BLOCK = 4096


def score_cohort(features: Array, *, min_sessions: int = MIN_SESSIONS) -> npt.NDArray[np.float32]:
    """Return the robust z-score of every value among its column.

    Parameters
    ----------
    features : ndarray, shape (n_sessions, n_features)
        May be memory-mapped; NaN where a session has no value.
    min_sessions : int
        A feature that fewer sessions have is not scored.

    Returns
    -------
    ndarray, shape (n_sessions, n_features), float32
        NaN where there is no value, too few have one, or more than half of them are the same.

    Raises
    ------
    InputError
        If there are fewer sessions than `min_sessions`.
    """
    if len(features) < min_sessions:
        raise InputError(
            f"{len(features)} sessions to compare with each other",
            expected=f"at least {min_sessions}",
        )
    scores = np.full(features.shape, np.nan, dtype=np.float32)
    for start in range(0, features.shape[1], _BLOCK):
        block = np.asarray(features[:, start : start + _BLOCK], dtype=np.float64)
        block = np.where(np.isfinite(block), block, np.nan)
        columns = np.flatnonzero(np.isfinite(block).sum(axis=0) >= min_sessions)
        values = block[:, columns]
        away = values - np.nanmedian(values, axis=0)
        spread = MAD_TO_SD * np.nanmedian(np.abs(away), axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            scores[:, start + columns] = np.where(spread > 0, away / spread, np.nan)
    return scores
