"""What does a model lose when columns are shuffled? Importance on rows it has not seen.

The rise of the mean absolute error when a column, or a group of columns together (a region, a
feature class), is permuted between rows (Breiman, Mach Learn 2001; Fisher et al., JMLR 2019).
Columns that stand for each other share their importance: shuffle them as a group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError

Floats = npt.NDArray[np.float64]
#: Values shuffled and predicted at once; bounds the memory.
_CHUNK_VALUES = 20_000_000


@dataclass(frozen=True, eq=False)
class Importance:
    """Rise of the mean absolute error, the most important group first.

    Parameters
    ----------
    names : tuple of str
    rise, spread : ndarray, shape (names,)
        Mean and standard deviation over the shuffles, in units of the target.
    error : float
        Mean absolute error without shuffling.
    """

    names: tuple[str, ...]
    rise: Floats
    spread: Floats
    error: float


def permute_importance(
    predict: Callable[[Array], Array],
    X: Array,
    y: Array,
    *,
    groups: Mapping[str, Sequence[int]],
    rng: np.random.Generator,
    n_repeats: int = 30,
) -> Importance:
    """Measure the importance of groups of columns.

    Parameters
    ----------
    predict : callable
        Takes rows of shape (m, p), returns (m,).
    X : ndarray, shape (n, p)
        Rows that the model was not fitted on.
    y : ndarray, shape (n,)
    groups : mapping
        Name -> columns that are shuffled together.
    rng : numpy.random.Generator
    n_repeats : int

    Returns
    -------
    Importance

    Raises
    ------
    InputError
        If there is no group, a group is empty or holds a column that does not exist, or there
        are fewer than two rows.
    """
    wrong = [
        name
        for name, columns in groups.items()
        if not len(columns) or min(columns) < 0 or max(columns) >= X.shape[1]
    ]
    if not groups or wrong or len(X) < 2:
        raise InputError(
            f"{len(X)} row(s) and the groups {wrong or list(groups)[:5]} of {X.shape[1]} columns",
            expected="at least two rows, and columns that exist in every group",
        )
    error = float(np.abs(predict(X) - y).mean())
    rises = {
        name: _shuffle(predict, X, y, np.asarray(columns), rng, n_repeats) - error
        for name, columns in groups.items()
    }
    order = sorted(rises, key=lambda name: -rises[name].mean())
    return Importance(
        tuple(order),
        np.array([rises[name].mean() for name in order]),
        np.array([rises[name].std() for name in order]),
        error,
    )


def _shuffle(
    predict: Callable[[Array], Array],
    X: Array,
    y: Array,
    columns: npt.NDArray[np.intp],
    rng: np.random.Generator,
    n_repeats: int,
) -> Floats:
    """Mean absolute error of each shuffle."""
    at_once = max(1, _CHUNK_VALUES // X.size)
    errors: list[Floats] = []
    for start in range(0, n_repeats, at_once):
        count = min(at_once, n_repeats - start)
        copies = np.repeat(X[None], count, axis=0)
        for copy in copies:
            copy[:, columns] = X[rng.permutation(len(X))][:, columns]
        predicted = np.asarray(predict(copies.reshape(-1, X.shape[1]))).reshape(count, -1)
        errors.append(np.abs(predicted - y).mean(axis=1))
    return np.concatenate(errors)
