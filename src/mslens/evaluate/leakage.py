"""Does anything of the test rows reach the fit? Refused by name.

Three ways that published studies leak: a patient (or one and the same file under two names) on
both sides of a split, and a transformer that was fitted on rows which are judged later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.evaluate.cohort import list_names
from mslens.evaluate.folds import Fold


class LeakageError(InputError):
    """Something of the rows that are judged would reach the fit."""


@dataclass(frozen=True)
class FitRecord:
    """Which participants a transformer has seen before the evaluation.

    Parameters
    ----------
    transformer : str
        Its name, as the user knows it.
    participants : frozenset of str
    """

    transformer: str
    participants: frozenset[str]


def audit_folds(folds: Iterable[Fold], patients: Array) -> None:
    """Refuse folds with a row or a patient on both sides.

    Parameters
    ----------
    folds : iterable of Fold
    patients : array-like, shape (n,)
        Patient of each row.

    Raises
    ------
    LeakageError
        Naming the fold and the patients.
    """
    who = np.asarray(patients).astype(str)
    for number, fold in enumerate(folds, start=1):
        if np.intersect1d(fold.train, fold.test).size:
            rows = np.intersect1d(fold.train, fold.test)
            raise LeakageError(
                f"fold {number} fits and judges on the same {rows.size} row(s): {list_names(rows)}",
                expected="disjoint rows",
            )
        both = np.intersect1d(who[fold.train], who[fold.test])
        if both.size:
            raise LeakageError(
                f"{both.size} patient(s) are on both sides of fold {number}: {list_names(both)}",
                expected="each patient on one side",
                cure="Make the folds with 'make_folds' and name the patient of every row",
            )


def audit_files(hashes: Sequence[str], participants: Sequence[str]) -> None:
    """Refuse a file that stands under two participants.

    Parameters
    ----------
    hashes : sequence of str
        Content hash of each input file.
    participants : sequence of str
        Participant of each file; one may have several files.

    Raises
    ------
    LeakageError
        Naming the participants that share a file.
    """
    owners: dict[str, set[str]] = {}
    for digest, who in zip(hashes, participants, strict=True):
        owners.setdefault(digest, set()).add(str(who))
    shared = [" = ".join(sorted(names)) for names in owners.values() if len(names) > 1]
    if shared:
        raise LeakageError(
            f"{len(shared)} file(s) stand under more than one participant: {list_names(shared)}",
            expected="a different scan for every participant",
            cure="Keep one of each, or give them one patient id",
        )


def audit_fits(
    records: Iterable[FitRecord], folds: Sequence[Fold], participants: Sequence[str]
) -> None:
    """Refuse transformers that were fitted on participants who are judged later.

    Parameters
    ----------
    records : iterable of FitRecord
        Every transformation that the features went through before.
    folds : sequence of Fold
    participants : sequence of str
        Participant of each row.

    Raises
    ------
    LeakageError
        Naming each transformer and how many judged participants it has seen.
    """
    judged = {str(participants[row]) for fold in folds for row in fold.test}
    guilty = [
        f"{record.transformer} (saw {len(seen)} of {len(judged)}, e.g. {min(seen)})"
        for record in records
        if (seen := record.participants & judged)
    ]
    if guilty:
        raise LeakageError(
            f"fitted outside the folds on participants who are judged: {list_names(guilty)}",
            expected="transformers that are fitted inside each training fold",
            cure="Put them into the chain that is evaluated, unfitted",
        )
