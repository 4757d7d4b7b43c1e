"""Boosted trees as plain arrays: fitted by scikit-learn, stored and evaluated without it.

margin(x) = baseline + sum over the trees of the leaf that x falls into; a missing value goes where
the fit sent it. Friedman, Ann Stat 2001; histogram fit of scikit-learn after LightGBM (Ke 2017).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.core.errors import SettingsError

_LEAF = -1
#: Rows whose log odds are below the second number after so many trees fall through no others:
#: most of a brain is never in doubt, and this saves four fifths of the work.
GIVE_UP_AFTER, GIVE_UP_BELOW = 25, -5.0


@dataclass(frozen=True, eq=False)
class Forest:
    """All nodes of all trees, one after the other.

    Parameters
    ----------
    roots : ndarray, shape (t,), int32
        First node of each tree.
    feature : ndarray, shape (n,), int16
        Column that a node looks at; -1 in a leaf.
    threshold : ndarray, shape (n,), float64
        Values up to it go left.
    left, right : ndarray, shape (n,), int32
        Nodes; both come after their parent.
    missing_left : ndarray, shape (n,), bool
        Whether a missing value goes left.
    value : ndarray, shape (n,), float64
        Of a leaf.
    baseline : ndarray, shape (1,), float64
    """

    roots: Array
    feature: Array
    threshold: Array
    left: Array
    right: Array
    missing_left: Array
    value: Array
    baseline: Array

    def arrays(self, prefix: str) -> dict[str, Array]:
        """Return the arrays by name, to be stored."""
        return {f"{prefix}_{field.name}": getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array], prefix: str, *, n_features: int) -> Forest:
        """Make a forest of stored arrays.

        Raises
        ------
        SettingsError
            If an array is missing, or a node leads anywhere but further down its forest.
        """
        try:
            forest = cls(**{field.name: arrays[f"{prefix}_{field.name}"] for field in fields(cls)})
        except KeyError as error:
            raise SettingsError(f"the lesion model has no {error.args[0]}") from error
        forest._require_trees(n_features)
        return forest

    def _require_trees(self, n_features: int) -> None:
        n = len(self.feature)
        inner = self.feature != _LEAF
        index = np.arange(n)
        sound = (
            all(len(part) == n for part in (self.threshold, self.left, self.right, self.value))
            and len(self.missing_left) == n
            and self.baseline.shape == (1,)
            and bool(np.isin(self.feature, np.arange(-1, n_features)).all())
            and bool(((self.roots >= 0) & (self.roots < n)).all())
            and all(
                bool(((child > index) & (child < n))[inner].all())
                for child in (self.left, self.right)
            )
        )
        if not sound:
            raise SettingsError(
                "the trees of the lesion model are damaged",
                expected="a file that 'mslens train-lesions' wrote",
            )


def predict_margin(forest: Forest, values: Array) -> npt.NDArray[np.float32]:
    """Add up the leaves that each row falls into.

    Parameters
    ----------
    forest : Forest
    values : ndarray, shape (n, k), float32
        NaN is missing.

    Returns
    -------
    ndarray, shape (n,), float32
        Logarithm of the odds; where it is hopeless after `GIVE_UP_AFTER` trees, what it was then.
    """
    out = np.full(len(values), forest.baseline[0], dtype=np.float64)
    _descend(
        np.ascontiguousarray(values, dtype=np.float32),
        forest.roots, forest.feature, forest.threshold, forest.left, forest.right,
        forest.missing_left, forest.value, out,
    )  # fmt: skip
    return out.astype(np.float32)


@kernel
def _descend(
    values: Array, roots: Array, feature: Array, threshold: Array, left: Array, right: Array,
    missing_left: Array, value: Array, out: Array,
) -> None:  # fmt: skip
    for i in range(values.shape[0]):
        total = out[i]
        for t in range(roots.shape[0]):
            if t == GIVE_UP_AFTER and total < GIVE_UP_BELOW:
                break
            node = roots[t]
            while feature[node] >= 0:
                x = values[i, feature[node]]
                goes_left = missing_left[node] if np.isnan(x) else x <= threshold[node]
                node = left[node] if goes_left else right[node]
            total += value[node]
        out[i] = total
