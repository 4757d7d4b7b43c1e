"""External sites brought to the training site by ComBat, from features alone.

Means and spreads come from the training rows, a site's shift and scale from its own features; no
outcome of any patient is used. Training and internal rows, which are of one site, stay as they are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.learn.combat import ComBat
from mslens.studies.edss_radiomics.blocks import CLINICAL, COVARIATE, RADIOMICS, VOLUMES
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.split import EXTERNAL, TRAINING, Split

#: Blocks that depend on the scanner.
_HARMONISED = (RADIOMICS, VOLUMES)
#: Clinical columns whose effect on the features is kept.
_KEPT = ("age", "female")


def harmonise_external(matrix: StudyMatrix, sites: pd.Series[str], split: Split) -> StudyMatrix:
    """Harmonise the external rows; without any the matrix itself is returned.

    Parameters
    ----------
    matrix : StudyMatrix
    sites : Series of str
        Site of every row.
    split : Split

    Raises
    ------
    InputError
        If an external site has fewer than three patients.
    """
    if EXTERNAL not in split.rows:
        return matrix
    training, external = split.rows[TRAINING], split.rows[EXTERNAL]
    places = [matrix.blocks[name] for name in _HARMONISED if name in matrix.blocks]
    columns = np.concatenate(places)
    covariates = _covariates(matrix, training)
    codes = np.asarray(1 + pd.factorize(sites.iloc[external], sort=True)[0], dtype=np.float64)
    beside = covariates.size
    combat = ComBat(site_column=0, covariate_columns=range(1, 1 + beside))
    used = np.concatenate([covariates, columns])
    combat.fit(_with_site(np.zeros(training.size), matrix.X[training][:, used]))
    rows = _with_site(codes, matrix.X[external][:, used])
    harmonised = combat.adapt(rows).transform(rows)
    X = matrix.X.copy()
    X[np.ix_(external, columns)] = harmonised[:, beside:]
    return replace(matrix, X=X)


def _covariates(matrix: StudyMatrix, training: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Columns of age, sex and head size that differ between the training patients."""
    clinical = [i for i in matrix.blocks.get(CLINICAL, ()) if matrix.names[i] in _KEPT]
    size = list(matrix.blocks.get(COVARIATE, ()))
    varied = [i for i in (*clinical, *size) if np.ptp(matrix.X[training, i]) > 0]
    return np.array(varied, dtype=np.intp)


def _with_site(
    codes: npt.NDArray[np.float64], X: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    return np.column_stack([codes.astype(np.float32), X])
