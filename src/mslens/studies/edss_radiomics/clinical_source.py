"""The clinical table, read strictly: what cannot be used is named, nothing is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from mslens.core.errors import TableError
from mslens.evaluate.cohort import require_one_site, require_unique
from mslens.io.clinical import parse_clinical, rename_clinical
from mslens.studies.edss_radiomics.tables import ID, read_any_table

#: Other columns that the inclusion rules know.
RULE_COLUMNS = ("days_to_examination", "days_since_relapse", "days_since_steroids")


def read_clinical(path: Path, *, columns: Mapping[str, str]) -> pd.DataFrame:
    """Read who the patients are.

    Parameters
    ----------
    path : Path
        TSV, CSV or Parquet with one row per participant.
    columns : mapping of str to str
        mslens' column name to the user's, where it is not recognised.

    Returns
    -------
    DataFrame
        Indexed by participant label; numbers, levels and ISO dates, missing values NaN.

    Raises
    ------
    TableError
        If the table cannot be read, a participant stands twice or at two sites, or a value
        cannot be used; the message names participants.
    """
    raw = read_any_table(path)
    text = raw.astype("str").where(raw.notna())
    named = rename_clinical(text, columns)
    if "site" in named.columns:
        known = named[named["site"].notna()]
        require_one_site(known[ID].tolist(), known["site"].tolist())
    require_unique(named[ID].tolist(), table="clinical table")
    table, problems = parse_clinical(named.set_index(ID))
    if problems:
        raise TableError(
            "; ".join(problem.describe() for problem in problems),
            where=path,
            cure="Correct these cells, or empty them to leave the participants out by name",
        )
    return table
