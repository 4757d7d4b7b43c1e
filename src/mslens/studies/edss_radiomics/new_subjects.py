"""New subjects in the columns of a saved model; who cannot be predicted is named."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.errors import TableError
from mslens.core.features import FeatureTable
from mslens.evaluate.cohort import list_names, require_finite_features
from mslens.learn.model_store import SavedModel
from mslens.studies.edss_radiomics.blocks import rows_of, small_blocks
from mslens.studies.edss_radiomics.feature_source import name_columns
from mslens.studies.edss_radiomics.inputs import StudyInput
from mslens.studies.edss_radiomics.progress import Tell
from mslens.studies.edss_radiomics.tables import ID


def arrange_subjects(
    data: StudyInput, saved: SavedModel, *, tell: Tell
) -> tuple[tuple[str, ...], npt.NDArray[np.float32]]:
    """Bring new subjects into the columns of the model.

    Returns
    -------
    people : tuple of str
    X : ndarray, shape (n, columns of the model), float32

    Raises
    ------
    TableError
        If columns are missing, or nobody has a value in all of them.
    """
    people = tuple(str(label) for label in data.clinical.index)
    if data.features is not None:
        measured = set(data.features.obs[ID])
        absent = [name for name in people if name not in measured]
        _tell_left_out(absent, "no features", tell)
        people = tuple(name for name in people if name in measured)
    parts = list(small_blocks(data, people).values())
    names = [str(name) for part in parts for name in part.columns]
    matrices = [part.to_numpy(dtype=np.float32) for part in parts]
    if data.features is not None:
        names += name_columns(data.features)
        matrices.append(_rows(data.features, people))
    X = saved.arrange(np.hstack(matrices), names)
    finite: npt.NDArray[np.bool_] = np.asarray(np.isfinite(X).all(axis=1))
    if not finite.any():
        require_finite_features(X, columns=list(saved.columns), participants=people)
    left = [name for name, ok in zip(people, finite, strict=True) if not ok]
    _tell_left_out(left, "a feature of the model is missing", tell)
    kept = tuple(name for name, ok in zip(people, finite, strict=True) if ok)
    if not kept:
        raise TableError(
            "nobody is in the clinical table and in the features",
            cure="Write the ids in the same way in both, e.g. sub-01 everywhere",
        )
    return kept, np.ascontiguousarray(X[finite])


def _rows(table: FeatureTable, people: tuple[str, ...]) -> npt.NDArray[np.float32]:
    return np.asarray(table.X[rows_of(table, people)], dtype=np.float32)


def _tell_left_out(names: list[str], reason: str, tell: Tell) -> None:
    if names:
        tell(f"{len(names)} participant(s) left out, {reason}: {list_names(names, shown=1000)}")
