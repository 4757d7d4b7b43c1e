"""Search for the subset of columns with the highest merit, step for step as Weka does.

Best first: expand the best subset found so far by every column, keep the best few in a queue
that is as long as the number of fruitless expansions after which the search gives up (Weka's
`BestFirst`: forward, 5). Greedy: add the best column while the merit grows (`GreedyStepwise`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.learn.cfs_merit import SubsetMerit

Integers = npt.NDArray[np.int64]
#: A merit must grow by more than this to count as better.
_IMPROVEMENT = 1e-5


@dataclass(frozen=True, eq=False)
class SearchResult:
    """Best subset found.

    Parameters
    ----------
    subset : ndarray of int
        Ascending.
    merit : float
    n_evaluated : int
        Subsets whose merit was computed, counted as Weka counts them.
    """

    subset: Integers
    merit: float
    n_evaluated: int


def search_best_first(merit: SubsetMerit, *, max_stale: int = 5) -> SearchResult:
    """Search best first, forward from the empty subset.

    Parameters
    ----------
    merit : SubsetMerit
    max_stale : int
        Expansions without a better subset after which the search ends.
    """
    n_columns = merit.weight.size
    best, best_merit = np.zeros(0, dtype=np.int64), 0.0
    queue: list[tuple[Integers, float]] = [(best, best_merit)]
    seen = _SeenSubsets(n_columns)
    stale = 0
    while stale < max_stale and queue:
        subset, _ = queue.pop(0)
        candidates = np.setdiff1d(np.arange(n_columns), subset, assume_unique=True)
        merits = merit.of_extensions(subset, candidates)
        seen.count(subset, candidates)
        better = None
        for place in np.flatnonzero(merits - best_merit > _IMPROVEMENT):
            if merits[place] - best_merit > _IMPROVEMENT:
                better, best_merit = place, float(merits[place])
        stale = stale + 1 if better is None else 0
        if better is not None:
            best = np.sort(np.append(subset, candidates[better]))
        queue = _shorten(queue, subset, candidates, merits, max_stale)
    return SearchResult(best, best_merit, seen.n_evaluated)


def search_greedily(merit: SubsetMerit) -> SearchResult:
    """Add the column that raises the merit most, until none does."""
    n_columns = merit.weight.size
    subset, best_merit, n_evaluated = np.zeros(0, dtype=np.int64), 0.0, 0
    while subset.size < n_columns:
        candidates = np.setdiff1d(np.arange(n_columns), subset, assume_unique=True)
        merits = merit.of_extensions(subset, candidates)
        n_evaluated += candidates.size
        first_best = int(np.argmax(merits))
        if merits[first_best] <= best_merit:
            break
        best_merit = float(merits[first_best])
        subset = np.sort(np.append(subset, candidates[first_best]))
    return SearchResult(subset, best_merit, n_evaluated)


def add_locally_predictive(merit: SubsetMerit, subset: Integers) -> Integers:
    """Add columns that no selected column represents better than the target does.

    By descending abs(r) with the target, a column is added unless a selected one correlates
    with it more than it does with the target itself.

    Parameters
    ----------
    merit : SubsetMerit
    subset : ndarray of int

    Returns
    -------
    ndarray of int
        Ascending, with what was added.
    """
    selected = list(subset)
    for column in np.argsort(-merit.with_target, kind="stable"):
        if column in selected:
            continue
        strongest = max((merit.correlations(int(j))[column] for j in selected), default=-1.0)
        if strongest <= merit.with_target[column]:
            selected.append(column)
    return np.array(sorted(selected), dtype=np.int64)


def _shorten(
    queue: list[tuple[Integers, float]],
    subset: Integers,
    candidates: Integers,
    merits: npt.NDArray[np.float64],
    size: int,
) -> list[tuple[Integers, float]]:
    """Queue with the extensions sorted in behind their equals, cut to its size."""
    # Only the first `size` of the new ones by merit can stay.
    leaders = np.sort(np.argsort(-merits, kind="stable")[:size])
    new = [(np.sort(np.append(subset, candidates[i])), float(merits[i])) for i in leaders]
    return sorted(queue + new, key=lambda entry: -entry[1])[:size]


class _SeenSubsets:
    """Counts evaluations as Weka does: a table of seen subsets that is emptied when full."""

    def __init__(self, n_columns: int) -> None:
        self.limit = n_columns + 1
        self.n_evaluated = 0
        self._seen: set[frozenset[int]] = {frozenset()}
        self._n_inserted = 0

    def count(self, subset: Integers, candidates: Integers) -> None:
        members = frozenset(subset.tolist())
        for candidate in candidates.tolist():
            key = members | {candidate}
            if key in self._seen:
                continue
            self.n_evaluated += 1
            if self._n_inserted > self.limit:
                self._seen, self._n_inserted = set(), 0
            self._seen.add(key)
            self._n_inserted += 1


#: Name of a search -> function.
SEARCHES: dict[str, Callable[[SubsetMerit], SearchResult]] = {
    "best-first": search_best_first,
    "greedy-stepwise": search_greedily,
}
