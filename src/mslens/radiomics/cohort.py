"""One subject against a cohort: a z-score per feature and region."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mslens.core.errors import InputError, UnknownName
from mslens.core.features import FeatureTable


def score_against_cohort(
    table: FeatureTable, participant_id: str, *, image_type: str = "original"
) -> pd.DataFrame:
    """Return the z-scores of a participant's features against everyone else.

    Parameters
    ----------
    table : FeatureTable
        The cohort, the participant among it.
    participant_id : str
    image_type : str

    Returns
    -------
    DataFrame
        Rows are ``class_feature``, columns regions; NaN where the cohort does not vary.

    Raises
    ------
    UnknownName
        If there is no such participant or image type.
    InputError
        If fewer than three others are there to compare with.
    """
    people = table.obs["participant_id"].astype(str)
    if participant_id not in set(people):
        raise UnknownName.of(participant_id, people, kind="participant")
    columns = np.flatnonzero(table.var["image_type"] == image_type)
    if columns.size == 0:
        raise UnknownName.of(image_type, set(table.var["image_type"]), kind="image type")
    own = (people == participant_id).to_numpy()
    others = table.X[~own][:, columns].astype(np.float64)
    if len(others) < 3:
        raise InputError(f"{len(others)} others to compare with", expected="at least three")
    value = table.X[own][:, columns].astype(np.float64).mean(axis=0)
    spread = others.std(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, (value - others.mean(axis=0)) / spread, np.nan)
    var = table.var.iloc[columns]
    rows = var["feature_class"].astype(str) + "_" + var["feature"].astype(str)
    frame = pd.DataFrame({"row": rows.to_numpy(), "roi": var["roi"].to_numpy(), "z": z})
    wide = frame.pivot_table(index="row", columns="roi", values="z", aggfunc="first")
    return wide.reindex(index=rows.drop_duplicates(), columns=var["roi"].drop_duplicates())
