"""The included patients as one matrix: clinic, head size, volumes, disconnection, radiomics."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.features import FeatureTable
from mslens.studies.edss_radiomics.blocks import RADIOMICS, rows_of, small_blocks
from mslens.studies.edss_radiomics.feature_source import name_columns
from mslens.studies.edss_radiomics.finite import finite_columns, finite_part
from mslens.studies.edss_radiomics.inputs import StudyInput
from mslens.studies.edss_radiomics.settings import Missing
from mslens.studies.edss_radiomics.stability import measure_stability

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StudyMatrix:
    """Rows of patients, columns in blocks.

    Parameters
    ----------
    X : ndarray, shape (n, p), float32
    names : ndarray of str, shape (p,)
    blocks : dict
        Block -> column numbers.
    icc : ndarray, shape (p,)
        Of the radiomic columns; 1 elsewhere, NaN where nothing was measured twice.
    extracted, unstable : int
        Radiomic features that came in, and those left out as unstable.
    not_finite : tuple of str
        Columns left out because a patient lacks them.
    n_repeated : int
        Patients measured twice.
    var : DataFrame
        What the radiomic columns are.
    """

    X: npt.NDArray[np.float32]
    names: npt.NDArray[np.object_]
    blocks: dict[str, npt.NDArray[np.intp]]
    icc: Floats
    extracted: int = 0
    unstable: int = 0
    not_finite: tuple[str, ...] = ()
    n_repeated: int = 0
    var: pd.DataFrame = field(default_factory=pd.DataFrame)


def build_matrix(
    data: StudyInput, people: tuple[str, ...], *, min_icc: float, missing: Missing
) -> StudyMatrix:
    """Put the blocks of the included patients beside each other.

    Parameters
    ----------
    data : StudyInput
    people : tuple of str
        Rows.
    min_icc : float
        Of radiomic features measured twice.
    missing : {"refuse", "leave-out"}
        What to do with columns that somebody lacks.

    Raises
    ------
    TableError
        If columns are refused; features and participants are named.
    """
    blocks = small_blocks(data, people)
    kept, icc, n_repeated = np.empty(0, dtype=np.intp), np.empty(0), 0
    radiomic_names: list[str] = []
    if data.features is not None:
        icc, n_repeated = measure_stability(
            data.features if data.repeated is None else data.repeated, data.repeat, people
        )
        stable = np.flatnonzero((icc >= min_icc) | (n_repeated == 0))
        kept, radiomic_names = stable, name_columns(data.features)
    lost: list[str] = []
    for name, table in blocks.items():
        blocks[name] = finite_part(table, missing, lost)
    if data.features is not None:
        rows = rows_of(data.features, people)
        radiomic_names = [radiomic_names[i] for i in kept]
        radiomics = _take(data.features, rows, kept)
        radiomics, used = finite_columns(radiomics, radiomic_names, people, missing, lost)
        kept = kept[used]
        radiomic_names = [radiomic_names[i] for i in used]
    else:
        radiomics = np.empty((len(people), 0), dtype=np.float32)
    parts = [table.to_numpy(dtype=np.float32) for table in blocks.values()]
    names = [str(name) for table in blocks.values() for name in table.columns] + radiomic_names
    X = np.hstack([*parts, radiomics])
    sizes = [table.shape[1] for table in blocks.values()] + [len(kept)]
    edges = np.cumsum([0, *sizes])
    places = {
        name: np.arange(edges[i], edges[i + 1]) for i, name in enumerate((*blocks, RADIOMICS))
    }
    extracted = 0 if data.features is None else data.features.X.shape[1]
    return StudyMatrix(
        X,
        np.array(names, dtype=object),
        places,
        np.concatenate([np.ones(int(edges[-2])), icc[kept] if kept.size else np.empty(0)]),
        extracted,
        int(extracted - (icc >= min_icc).sum()) if n_repeated else 0,
        tuple(lost),
        n_repeated,
        pd.DataFrame()
        if data.features is None
        else data.features.var.iloc[kept].reset_index(drop=True),
    )


def _take(
    table: FeatureTable, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]
) -> npt.NDArray[np.float32]:
    taken = np.empty((rows.size, columns.size), dtype=np.float32)
    for place, row in enumerate(rows):
        taken[place] = table.X[row][columns]
    return taken
