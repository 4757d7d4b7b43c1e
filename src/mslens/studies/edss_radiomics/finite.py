"""Columns that everybody has: the others are refused or left out, never silently."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import TableError
from mslens.evaluate.cohort import require_finite_features
from mslens.learn.columns import iterate_blocks
from mslens.studies.edss_radiomics.settings import Missing


def finite_part(table: pd.DataFrame, missing: Missing, lost: list[str]) -> pd.DataFrame:
    """Return the columns of a table that are finite in every row.

    Parameters
    ----------
    table : DataFrame
        Indexed by participant.
    missing : {"refuse", "leave-out"}
    lost : list of str
        Names of columns left out are added.

    Raises
    ------
    TableError
        If columns are refused; columns and participants are named.
    """
    people = [str(label) for label in table.index]
    names = [str(name) for name in table.columns]
    if missing == "refuse":
        require_finite_features(table.to_numpy(dtype=float), columns=names, participants=people)
    good = np.isfinite(table.to_numpy(dtype=float)).all(axis=0)
    lost += [name for name, ok in zip(names, good, strict=True) if not ok]
    return table.loc[:, good]


def finite_columns(
    values: npt.NDArray[np.float32],
    names: list[str],
    people: tuple[str, ...],
    missing: Missing,
    lost: list[str],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    """Return the columns of a wide matrix that are finite in every row, and their numbers.

    Parameters and errors as in `finite_part`; nothing is copied when all are.
    """
    good = np.ones(values.shape[1], dtype=bool)
    for columns in iterate_blocks(values.shape[1]):
        good[columns] = np.isfinite(values[:, columns]).all(axis=0)
    if good.all():
        return values, np.arange(values.shape[1])
    if missing == "refuse":
        try:
            require_finite_features(values, columns=names, participants=people)
        except TableError as error:
            raise TableError(
                error.what, cure="Correct them, or pass --missing-features leave-out"
            ) from error
    lost += [names[i] for i in np.flatnonzero(~good)]
    return values[:, good], np.flatnonzero(good)
