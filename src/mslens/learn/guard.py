"""The leakage guard: what may not enter an evaluation, by name.

An estimator that is already fitted has seen rows that will be judged; scikit-learn would refit
most of them silently, but not one that is frozen or marked as fitted before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.base import BaseEstimator

from mslens.core.arrays import Array
from mslens.evaluate.cohort import list_names
from mslens.evaluate.leakage import LeakageError, audit_files


def refuse_fitted(estimators: Mapping[str, BaseEstimator]) -> None:
    """Refuse estimators that are fitted, frozen or marked as fitted, at any depth.

    Parameters
    ----------
    estimators : mapping
        Name -> estimator.

    Raises
    ------
    LeakageError
        Naming each of them.
    """
    guilty = []
    for name, estimator in estimators.items():
        parts = {name: estimator}
        for key, value in estimator.get_params(deep=True).items():
            if isinstance(value, BaseEstimator):
                parts[f"{name}.{key}"] = value
            for place, item in enumerate(value if isinstance(value, list | tuple) else ()):
                inner = item[1] if isinstance(item, tuple) and len(item) == 2 else item
                if isinstance(inner, BaseEstimator):
                    parts[f"{name}.{key}[{place}]"] = inner
        guilty += [
            f"{where} ({type(part).__name__})" for where, part in parts.items() if _is_fitted(part)
        ]
    if guilty:
        raise LeakageError(
            f"fitted before the evaluation: {list_names(guilty)}",
            expected="unfitted estimators, which are fitted inside each training fold",
            cure="Pass sklearn.base.clone(...) of them",
        )


def refuse_repeated_rows(X: Array, patients: Sequence[str]) -> None:
    """Refuse one and the same row of features under two patients.

    Parameters
    ----------
    X : ndarray, shape (n, p)
    patients : sequence of str, length n

    Raises
    ------
    LeakageError
        Naming the patients that share a row.
    """
    hashes = [hashlib.sha256(np.ascontiguousarray(row).tobytes()).hexdigest() for row in X]
    audit_files(hashes, patients)


def _is_fitted(estimator: BaseEstimator) -> bool:
    if type(estimator).__name__ == "FrozenEstimator":
        return True
    parameters = estimator.get_params(deep=False)
    if parameters.get("prefit") is True or parameters.get("cv") == "prefit":
        return True
    return any(
        name.endswith("_") and not name.startswith("_") and name not in parameters
        for name in vars(estimator)
    )
