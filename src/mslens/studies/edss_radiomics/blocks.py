"""The blocks of columns beside radiomics: clinic, head size, volumes and disconnection."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.arrays import Array
from mslens.core.features import OBS_COLUMNS, FeatureTable
from mslens.studies.edss_radiomics.inputs import StudyInput
from mslens.studies.edss_radiomics.volumes import choose_volumes

CLINICAL, COVARIATE, VOLUMES, CHACO, RADIOMICS = (
    "clinical",
    "covariate",
    "volumes",
    "disconnection",
    "radiomics",
)
#: Clinical column of the table -> column of the matrix.
_CLINICAL_NAMES = {
    "age": "age",
    "sex": "female",
    "disease_duration_years": "disease duration",
    "course": "secondary-progressive course",
}
TIV = "total intracranial volume"
ALL_CLINICAL = tuple(_CLINICAL_NAMES.values())


def small_blocks(data: StudyInput, people: tuple[str, ...]) -> dict[str, pd.DataFrame]:
    """Return clinic, head size, volumes and disconnection as tables with one row per person."""
    clinical = data.clinical.reindex(list(people))
    made = {
        shown: _code(clinical[name], name)
        for name, shown in _CLINICAL_NAMES.items()
        if name in clinical.columns
    }
    blocks = {CLINICAL: pd.DataFrame(made, index=clinical.index)}
    if data.volumes is not None:
        tiv, volumes = choose_volumes(data.volumes.reindex(list(people)))
        if tiv is not None:
            blocks[COVARIATE] = tiv.to_frame(TIV)
        blocks[VOLUMES] = volumes
    if data.disconnection is not None:
        blocks[CHACO] = data.disconnection.reindex(list(people))
    return blocks


def _code(values: pd.Series[str], name: str) -> Array:
    if name == "sex":
        return values.map({"F": 1.0, "M": 0.0, "O": 0.5}).to_numpy(dtype=float)
    if name == "course":
        return np.where(values.isna(), np.nan, (values == "SP").astype(float))
    return values.to_numpy(dtype=float)


def rows_of(table: FeatureTable, people: tuple[str, ...]) -> npt.NDArray[np.intp]:
    """Row of each person's first session."""
    obs = table.obs.assign(row=np.arange(len(table.obs)))
    first = obs.sort_values(list(OBS_COLUMNS)).drop_duplicates(OBS_COLUMNS[0])
    place = first.set_index(OBS_COLUMNS[0])["row"]
    return place.loc[list(people)].to_numpy(dtype=np.intp)
