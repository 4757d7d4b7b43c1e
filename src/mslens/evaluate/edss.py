"""Errors on the Expanded Disability Status Scale, whose steps are 0, 1, 1.5, 2 ... 10.

Kurtzke, Neurology 1983: half points from 1 on and no 0.5. A prediction is snapped to the scale
before it is compared, and an error is counted in points and in steps of the scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.samples import require_same_length, take_sample

Floats = npt.NDArray[np.float64]
#: Every value that an EDSS can have.
EDSS_STEPS: Floats = np.r_[0.0, np.arange(2, 21) / 2]
EDSS_STEPS.setflags(write=False)


@dataclass(frozen=True)
class EdssErrors:
    """Shares of patients whose snapped prediction is near the observed EDSS.

    Parameters
    ----------
    exact, within_half, within_one : float
        Snapped prediction equal, at most 0.5 and at most 1.0 points away.
    within_one_unsnapped : float
        The prediction as it is, at most 1.0 points away.
    mean_steps : float
        Mean distance in steps of the scale (0 to 1 is one step).
    """

    exact: float
    within_half: float
    within_one: float
    within_one_unsnapped: float
    mean_steps: float


def snap_to_edss(values: Array) -> Floats:
    """Move numbers to the nearest value of the EDSS; halfway goes up.

    Parameters
    ----------
    values : array-like, any shape
        Below 0 becomes 0, above 10 becomes 10; NaN stays NaN.
    """
    numbers = np.asarray(values, dtype=np.float64)
    halfway = (EDSS_STEPS[1:] + EDSS_STEPS[:-1]) / 2
    snapped = EDSS_STEPS[np.searchsorted(halfway, numbers, side="right")]
    return np.where(np.isnan(numbers), np.nan, snapped)


def measure_edss_errors(observed: Array, predicted: Array) -> EdssErrors:
    """Count how near predictions come to the observed EDSS.

    Parameters
    ----------
    observed, predicted : array-like, shape (n,)

    Raises
    ------
    InputError
        If the lengths differ, a value is not finite, or an observed value is no EDSS.
    """
    y = take_sample(observed, name="the observed EDSS")
    p = take_sample(predicted, name="the predicted EDSS")
    require_same_length(observed=y, predicted=p)
    wrong = np.setdiff1d(y, EDSS_STEPS)
    if wrong.size:
        raise InputError(f"{wrong[0]:g} is not a value of the EDSS", expected="0, 1, 1.5, 2 ... 10")
    snapped = snap_to_edss(p)
    away = np.abs(snapped - y)
    steps = np.abs(np.searchsorted(EDSS_STEPS, snapped) - np.searchsorted(EDSS_STEPS, y))
    return EdssErrors(
        exact=float((away == 0).mean()),
        within_half=float((away <= 0.5).mean()),
        within_one=float((away <= 1.0).mean()),
        within_one_unsnapped=float((np.abs(p - y) <= 1.0 + 1e-9).mean()),
        mean_steps=float(steps.mean()),
    )
