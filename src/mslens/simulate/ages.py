"""Ages of a normal distribution within limits."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special


def draw_ages(
    factor: npt.NDArray[np.float64],
    mean_years: float,
    sd_years: float,
    *,
    clipped_to: tuple[float, float],
    drawn_between: tuple[float, float] | None,
) -> npt.NDArray[np.float64]:
    """Turn standard normal factors into ages, keeping their order.

    Parameters
    ----------
    factor : ndarray, shape (n,), float64
    mean_years, sd_years : float
        Before the limits.
    clipped_to : tuple of float
        Ages beyond these limits lie on them.
    drawn_between : tuple of float, optional
        Instead of clipping, the distribution is cut there, so that no age piles up on a limit.

    Returns
    -------
    ndarray, shape (n,), float64
        Years.
    """
    if drawn_between is None:
        return np.clip(mean_years + sd_years * factor, *clipped_to)
    low, high = special.ndtr((np.array(drawn_between) - mean_years) / sd_years)
    cut = special.ndtri(low + (high - low) * special.ndtr(factor))
    return np.clip(mean_years + sd_years * cut, *drawn_between)
