r"""How often a column is selected, and how stable a selection is over folds and repeats.

Frequency per column, and the stability of Nogueira et al., JMLR 2018:
:math:`1 - \frac{\overline{s^2_f}}{\bar k / p (1 - \bar k / p)}`, 1 when every fold selects the
same columns and 0 when they are drawn at random, with its asymptotic 95% interval.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.errors import InputError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SelectionFrequency:
    """Selected columns, the most frequent first.

    Parameters
    ----------
    names : tuple of str
        Every column that was selected at least once; ties in alphabetical order.
    share : ndarray, shape (names,)
        Share of the selections that hold it.
    stability : float
        NaN when all or no columns were selected everywhere, or for a single selection.
    interval : tuple of 2 float
    """

    names: tuple[str, ...]
    share: Floats
    stability: float
    interval: tuple[float, float]


def count_selections(selections: Sequence[Sequence[str]], *, n_columns: int) -> SelectionFrequency:
    """Count how often columns are selected.

    Parameters
    ----------
    selections : sequence of sequence of str
        Names selected in each fold of each repeat.
    n_columns : int
        Columns that could have been selected.

    Returns
    -------
    SelectionFrequency

    Raises
    ------
    InputError
        If there is no selection, a name stands twice in one, or more columns were selected than
        there are.
    """
    if not selections:
        raise InputError("there is no selection", expected="at least one")
    if any(len(set(chosen)) < len(chosen) for chosen in selections):
        raise InputError("a column stands twice in one selection", expected="different columns")
    counts = Counter(name for chosen in selections for name in chosen)
    if len(counts) > n_columns:
        raise InputError(
            f"{len(counts)} columns were selected of {n_columns}", expected="the number of all"
        )
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    share = np.array([counts[name] for name in ordered], dtype=np.float64) / len(selections)
    sizes = np.array([len(chosen) for chosen in selections], dtype=np.float64)
    stability, interval = _stability(
        selections, dict(zip(ordered, share, strict=True)), sizes, n_columns
    )
    return SelectionFrequency(tuple(ordered), share, stability, interval)


def _stability(
    selections: Sequence[Sequence[str]], share: dict[str, float], sizes: Floats, n_columns: int
) -> tuple[float, tuple[float, float]]:
    n = len(selections)
    filled = sizes.mean() / n_columns
    if n < 2 or not 0 < filled < 1:
        return np.nan, (np.nan, np.nan)
    values = np.array(list(share.values()))
    scale = filled * (1 - filled)
    stability = float(1 - (n / (n - 1)) * (values * (1 - values)).sum() / n_columns / scale)
    # Contribution of each selection (their equation 7), for the interval.
    agreement = np.array([sum(share[name] for name in chosen) for chosen in selections])
    part = (
        agreement / n_columns
        - sizes * filled / n_columns
        + stability / 2 * (2 * filled * sizes / n_columns - sizes / n_columns - filled + 1)
    ) / scale
    variance = 4 / n**2 * ((part - part.mean()) ** 2).sum()
    reach = float(stats.norm.ppf(0.975)) * float(np.sqrt(variance))
    return stability, (stability - reach, min(1.0, stability + reach))
