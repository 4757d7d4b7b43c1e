"""Cross-validation folds in which a patient is on one side only and the target is balanced.

Patients in the order of their target (or class) are dealt to the folds in rounds, one to each
fold per round, so that every fold spans the whole range of the target; within a round the
patient with most scans goes to the smallest fold, and ties are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError, SettingsError
from mslens.evaluate.cohort import list_names

Integers = npt.NDArray[np.intp]
TargetKind = Literal["numeric", "class"]


@dataclass(frozen=True, eq=False)
class Fold:
    """Rows to fit on and rows to judge on.

    Parameters
    ----------
    train, test : ndarray of int
        Row numbers, ascending.
    """

    train: Integers
    test: Integers


def make_folds(
    target: Array,
    *,
    n_folds: int,
    rng: np.random.Generator,
    patients: Array | None = None,
    kind: TargetKind = "numeric",
) -> list[Fold]:
    """Divide rows into folds by patient, balanced in the target.

    Parameters
    ----------
    target : array-like, shape (n,)
        A number, or a class, per row.
    n_folds : int
    rng : numpy.random.Generator
    patients : array-like, shape (n,), optional
        Patient of each row; without it each row is a patient of its own.
    kind : {"numeric", "class"}

    Returns
    -------
    list of Fold

    Raises
    ------
    InputError
        If there are more folds than patients, or a class has fewer than two patients.
    SettingsError
        If fewer than two folds are asked for.
    """
    values = np.asarray(target)
    who = np.arange(values.size) if patients is None else np.asarray(patients)
    if who.shape != values.shape or values.ndim != 1:
        raise InputError(
            f"{who.size} patient labels for {values.size} rows", expected="one label per row"
        )
    names, code = np.unique(who, return_inverse=True)
    _check(values, code, names.size, n_folds, kind)
    fold_of = _deal(values, code.reshape(-1), n_folds, rng, kind)[code.reshape(-1)]
    return [
        Fold(np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold))
        for fold in range(n_folds)
    ]


def split_holdout(
    target: Array,
    *,
    test_share: float,
    rng: np.random.Generator,
    patients: Array | None = None,
    kind: TargetKind = "numeric",
) -> Fold:
    """Set a share of the patients aside, balanced in the target.

    Parameters
    ----------
    test_share : float
        In (0, 1). With one row per patient exactly ``round(n * test_share)`` patients.
    target, rng, patients, kind
        As in `make_folds`.

    Raises
    ------
    InputError, SettingsError
        As `make_folds`, or if the share leaves one side empty.
    """
    values = np.asarray(target)
    who = np.arange(values.size) if patients is None else np.asarray(patients)
    names, code = np.unique(who, return_inverse=True)
    size = round(names.size * test_share)
    if not 0 < size < names.size:
        raise SettingsError(
            f"a test share of {test_share:g} of {names.size} patient(s) leaves one side empty"
        )
    _check(values, code, names.size, 2, kind)
    order = _order(values, code.reshape(-1), rng, kind)
    edges = np.linspace(0, order.size, size + 1).round().astype(int)
    drawn = [order[rng.integers(low, high)] for low, high in pairwise(edges)]
    inside = np.isin(code.reshape(-1), drawn)
    return Fold(np.flatnonzero(~inside), np.flatnonzero(inside))


class PatientFolds:
    """`make_folds` as a scikit-learn splitter: patients are passed as ``groups``.

    Parameters
    ----------
    n_splits : int
    random_state : int
    kind : {"numeric", "class"}
    """

    def __init__(
        self, n_splits: int = 5, *, random_state: int = 0, kind: TargetKind = "numeric"
    ) -> None:
        self.n_splits = n_splits
        self.random_state = random_state
        self.kind: TargetKind = kind

    def get_n_splits(
        self,
        X: Array | None = None,  # noqa: ARG002
        y: Array | None = None,  # noqa: ARG002
        groups: Array | None = None,  # noqa: ARG002
    ) -> int:
        """Return the number of folds."""
        return self.n_splits

    def split(
        self,
        X: Array,  # noqa: ARG002
        y: Array,
        groups: Array | None = None,
    ) -> Iterator[tuple[Integers, Integers]]:
        """Yield the rows to fit on and the rows to judge on, fold by fold."""
        rng = np.random.default_rng(self.random_state)
        for fold in make_folds(y, n_folds=self.n_splits, rng=rng, patients=groups, kind=self.kind):
            yield fold.train, fold.test


def _check(values: Array, code: Integers, n_patients: int, n_folds: int, kind: TargetKind) -> None:
    if n_folds < 2:
        raise SettingsError(f"{n_folds} fold(s)", expected="at least two")
    if n_folds > n_patients:
        raise InputError(
            f"{n_folds} folds were asked for, there are {n_patients} patient(s)",
            expected="at most one fold per patient",
            cure=f"Ask for at most {n_patients} folds",
        )
    if kind == "class":
        few = [
            str(value)
            for value in np.unique(values)
            if np.unique(code.reshape(-1)[values == value]).size < 2
        ]
        if few:
            raise InputError(
                f"class {list_names(few)} has one patient only",
                expected="at least two patients per class, one to fit on and one to judge on",
                cure="Join the class with another, or leave it out by name",
            )


def _order(values: Array, code: Integers, rng: np.random.Generator, kind: TargetKind) -> Integers:
    """Patients by their mean target, or most frequent class; ties in drawn order."""
    if kind == "class":
        values = np.unique(values, return_inverse=True)[1].reshape(-1)
    size = np.bincount(code)
    level = np.bincount(code, weights=np.asarray(values, dtype=np.float64)) / size
    return np.lexsort((rng.random(size.size), level))


def _deal(
    values: Array, code: Integers, n_folds: int, rng: np.random.Generator, kind: TargetKind
) -> Integers:
    order, scans = _order(values, code, rng, kind), np.bincount(code)
    fold_of, filled = np.empty(scans.size, dtype=np.intp), np.zeros(n_folds)
    for start in range(0, order.size, n_folds):
        patients = order[start : start + n_folds]
        patients = patients[np.lexsort((rng.random(patients.size), -scans[patients]))]
        folds = np.lexsort((rng.random(n_folds), filled))[: patients.size]
        fold_of[patients] = folds
        filled[folds] += scans[patients]
    return fold_of
