r"""Lin's concordance: how far two measurements lie from the line of identity.

:math:`\rho_c = 2 s_{xy} / (s_x^2 + s_y^2 + (\bar x - \bar y)^2)` with variances over n
(Lin, Biometrics 1989, with the correction of 2000 for the interval).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.correlation import correlate

Floats = npt.NDArray[np.float64]


def measure_concordance(first: Array, second: Array) -> Floats:
    """Compute Lin's concordance correlation coefficient along the last axis.

    Parameters
    ----------
    first, second : array-like, shape (..., n)
        Broadcast against each other.

    Returns
    -------
    ndarray, shape (...), float64
        In [-1, 1]; NaN where both are constant and equal.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    mean_x, mean_y = x.mean(axis=-1), y.mean(axis=-1)
    covariance = ((x - mean_x[..., None]) * (y - mean_y[..., None])).mean(axis=-1)
    total = x.var(axis=-1) + y.var(axis=-1) + (mean_x - mean_y) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(2 * covariance / total)


def concordance_interval(
    first: Array, second: Array, *, level: float = 0.95
) -> tuple[float, float]:
    """Return the interval of Lin's coefficient by Fisher's z, for one pair of samples.

    Raises
    ------
    InputError
        If there are fewer than three values, or a sample is constant.
    """
    x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if x.size < 3 or x.std() == 0 or y.std() == 0:
        raise InputError(
            "the interval of the concordance is not defined",
            expected="at least three values that vary",
        )
    c, r = float(measure_concordance(x, y)), float(correlate(x, y))
    if abs(r) > 1 - 1e-12 or abs(c) > 1 - 1e-12 or r == 0:
        return c, c
    u2 = (x.mean() - y.mean()) ** 2 / (x.std() * y.std())
    variance = (
        (1 - r**2) * c**2 / ((1 - c**2) * r**2)
        + 2 * c**3 * (1 - c) * u2 / (r * (1 - c**2) ** 2)
        - c**4 * u2**2 / (2 * r**2 * (1 - c**2) ** 2)
    ) / (x.size - 2)
    reach = float(stats.norm.ppf(0.5 + level / 2)) * np.sqrt(max(variance, 0.0))
    return float(np.tanh(np.arctanh(c) - reach)), float(np.tanh(np.arctanh(c) + reach))
