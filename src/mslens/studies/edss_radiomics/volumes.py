"""The volumes of the study: lesion load, whole brain and grey-matter regions, and head size."""

from __future__ import annotations

import pandas as pd

from mslens.image.parcel_names import REGIONS

#: Spellings of the total intracranial volume.
_TIV = ("tiv", "icv", "etiv", "total_intracranial_volume", "estimatedtotalintracranialvol")
LESION_LOAD = ("lesion-load", "lesion_load", "lesion_volume", "tlv", "lesion_load_ml")
BRAIN = ("brain", "whole_brain", "wbv", "brain_volume", "brain_ml")


def choose_volumes(table: pd.DataFrame) -> tuple[pd.Series[float] | None, pd.DataFrame]:
    """Choose the volumes that the study uses.

    Parameters
    ----------
    table : DataFrame
        One row per person: the wide table of `mslens run`, or a user's.

    Returns
    -------
    tiv : Series or None
        Total intracranial volume.
    volumes : DataFrame
        Of a run: lesion load, brain and the 114 regions; of a user: every column but the TIV.
    """
    tiv = find_column(table, _TIV)
    regions = [name for name in table.columns if str(name).startswith("region_")]
    if regions:
        wanted = {f"region_{region.name}" for region in REGIONS if region.in_set114}
        known = [name for name in regions if name in wanted]
        chosen = [find_column(table, LESION_LOAD), find_column(table, BRAIN)]
        columns = [name for name in chosen if name is not None] + (known or regions)
    else:
        columns = [name for name in table.columns if name != tiv]
    volumes = table[columns].add_prefix("volume.")
    return (None if tiv is None else table[tiv]), volumes


def find_column(table: pd.DataFrame, spellings: tuple[str, ...]) -> str | None:
    """Return the column that is one of the spellings, or None."""
    by_lower = {str(name).lower(): str(name) for name in table.columns}
    return next((by_lower[word] for word in spellings if word in by_lower), None)
