"""A matrix of features with what its rows and its columns are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import TableError, UnknownName

#: What identifies a column, in this order.
VAR_COLUMNS = ("roi", "image_type", "feature_class", "feature", "ibsi_code")
#: What identifies a row, in this order.
OBS_COLUMNS = ("participant_id", "session_id")


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of people or visits: rows of `obs`, columns of `var`.

    Parameters
    ----------
    X : ndarray, shape (n_obs, n_var), float32
        May be memory-mapped; read-only. NaN where a feature has no value.
    obs : DataFrame, n_obs rows
        Has at least `OBS_COLUMNS`.
    var : DataFrame, n_var rows
        Has at least `VAR_COLUMNS`.

    Raises
    ------
    TableError
        If shapes disagree, a column is missing, or two rows or two columns are the same.
    """

    X: npt.NDArray[np.float32]
    obs: pd.DataFrame
    var: pd.DataFrame

    def __post_init__(self) -> None:
        if self.X.ndim != 2 or self.X.shape != (len(self.obs), len(self.var)):
            raise TableError(
                f"the matrix has shape {self.X.shape}",
                expected=f"({len(self.obs)}, {len(self.var)}), as its rows and columns say",
            )
        for name, table, columns in (
            ("obs", self.obs, OBS_COLUMNS),
            ("var", self.var, VAR_COLUMNS),
        ):
            missing = [column for column in columns if column not in table.columns]
            if missing:
                raise TableError(f"{name} has no column {', '.join(missing)}")
            if table.duplicated(list(columns)).any():
                raise TableError(f"{name} names the same thing twice")
        view = self.X.view()
        view.setflags(write=False)
        object.__setattr__(self, "X", view)

    @property
    def names(self) -> list[str]:
        """One name per column: ``roi.image_class_feature``."""
        var = self.var
        joined = var["roi"] + "." + var["image_type"] + "_" + var["feature_class"]
        return [str(name) for name in joined + "_" + var["feature"]]

    def column(self, name: str) -> npt.NDArray[np.float32]:
        """Return one column by its name.

        Raises
        ------
        UnknownName
            If there is none.
        """
        names = self.names
        if name not in names:
            raise UnknownName.of(name, names, kind="feature")
        return self.X[:, names.index(name)]

    def take(
        self, *, rows: Sequence[int] | None = None, columns: Sequence[int] | None = None
    ) -> FeatureTable:
        """Return some rows and columns, by position."""
        obs = self.obs if rows is None else self.obs.iloc[list(rows)].reset_index(drop=True)
        var = self.var if columns is None else self.var.iloc[list(columns)].reset_index(drop=True)
        matrix = self.X if rows is None else self.X[list(rows)]
        return FeatureTable(matrix if columns is None else matrix[:, list(columns)], obs, var)

    def digest(self) -> str:
        """Return one hash of values, rows and columns."""
        known = hashlib.sha256()
        for row in self.X:  # a memory-mapped matrix is never read as a whole
            known.update(np.ascontiguousarray(row).tobytes())
        for table in (self.obs, self.var):
            known.update(table.to_csv(index=False).encode())
        return known.hexdigest()


def stack_rows(tables: Sequence[FeatureTable]) -> FeatureTable:
    """Put tables with the same columns under each other.

    Raises
    ------
    TableError
        If there is no table, or columns differ.
    """
    if not tables:
        raise TableError("there is no feature table to stack")
    keys = list(VAR_COLUMNS)
    first = tables[0].var[keys]
    for table in tables[1:]:
        if not table.var[keys].equals(first):
            raise TableError(
                "feature tables have different columns",
                cure="Extract all of them with the same settings and regions",
            )
    obs = pd.concat([table.obs for table in tables], ignore_index=True)
    return FeatureTable(np.concatenate([table.X for table in tables]), obs, tables[0].var)
