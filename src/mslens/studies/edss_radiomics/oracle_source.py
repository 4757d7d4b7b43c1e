"""The best attainable prediction, which only a simulated cohort has."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mslens.core.errors import TableError
from mslens.studies.edss_radiomics.tables import ID, name_participants, read_any_table


def find_truth(features: Path | None) -> Path | None:
    """Return the truth of a simulated feature cohort, which lies beside it."""
    if features is None:
        return None
    path = features.parent / "truth" / "latent.tsv"
    return path if path.is_file() else None


def read_oracle(path: Path) -> pd.Series[float]:
    """Read the best attainable prediction of each participant.

    Raises
    ------
    TableError
        If the table cannot be read or lacks it.
    """
    table = read_any_table(path)
    if "oracle_score" not in table.columns:
        raise TableError("the truth has no column 'oracle_score'", where=path)
    first = table.drop_duplicates(ID)
    return pd.Series(
        first["oracle_score"].astype(float).to_numpy(),
        index=pd.Index(name_participants(first[ID])),
    )
