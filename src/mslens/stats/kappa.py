r"""Cohen's kappa: agreement of two raters beyond chance, plain or weighted.

:math:`\kappa = 1 - \sum w_{ij} o_{ij} / \sum w_{ij} e_{ij}` with disagreement weights w
(0 / 1, |i - j| or (i - j)^2); Cohen, Educ Psychol Meas 1960, Psychol Bull 1968. The interval
uses the asymptotic variance of Fleiss, Cohen & Everitt, Psychol Bull 1969.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError

Weights = Literal["none", "linear", "quadratic"]


@dataclass(frozen=True)
class Kappa:
    """Kappa with its standard error and 95% interval."""

    kappa: float
    standard_error: float
    interval: tuple[float, float]


def measure_kappa(counts: Array, *, weights: Weights = "none") -> Kappa:
    """Compute kappa from the table of two raters.

    Parameters
    ----------
    counts : array-like of int, shape (c, c)
        Rows: first rater; columns: second; classes in the same order.
    weights : {"none", "linear", "quadratic"}

    Returns
    -------
    Kappa
        NaN when both raters used one and the same class only.

    Raises
    ------
    InputError
        If the table is not square, has a negative count or is empty.
    """
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or table.shape[0] < 2:
        raise InputError(f"the table has shape {table.shape}", expected="a square of classes")
    if not (table >= 0).all() or table.sum() == 0:
        raise InputError("the table is empty or has a negative count", expected="counts")
    observed = table / table.sum()
    rows, columns = observed.sum(axis=1), observed.sum(axis=0)
    agree = _agreement(table.shape[0], weights)
    chance = float(rows @ agree @ columns)
    if chance == 1.0:
        return Kappa(np.nan, np.nan, (np.nan, np.nan))
    kappa = (float((agree * observed).sum()) - chance) / (1 - chance)
    margin = (agree @ columns)[:, None] + (agree.T @ rows)[None, :]
    spread = float((observed * (agree - margin * (1 - kappa)) ** 2).sum())
    variance = (spread - (kappa - chance * (1 - kappa)) ** 2) / (table.sum() * (1 - chance) ** 2)
    error = float(np.sqrt(max(variance, 0.0)))
    reach = float(stats.norm.ppf(0.975)) * error
    return Kappa(kappa, error, (kappa - reach, kappa + reach))


def _agreement(n_classes: int, weights: Weights) -> npt.NDArray[np.float64]:
    apart = np.abs(np.subtract.outer(np.arange(n_classes), np.arange(n_classes)))
    if weights == "none":
        return (apart == 0).astype(np.float64)
    power = 1 if weights == "linear" else 2
    return np.asarray(1.0 - (apart / (n_classes - 1)) ** power)
