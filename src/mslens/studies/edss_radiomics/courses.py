"""The target by course of the disease, adjusted for age, sex and duration."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import InputError
from mslens.stats.ancova import compare_adjusted

Row = dict[str, Any]
Floats = npt.NDArray[np.float64]


def compare_courses(clinical: pd.DataFrame, target: str) -> Row | None:
    """Compare the target of the courses, adjusted for age, sex and duration; None without them."""
    needed = ["course", "age", "sex", "disease_duration_years"]
    if not set(needed) <= set(clinical.columns) or clinical["course"].nunique() < 2:
        return None
    adjust = np.column_stack(
        [clinical["age"], clinical["sex"] == "F", clinical["disease_duration_years"]]
    ).astype(float)
    values = clinical[target].to_numpy(dtype=float)
    try:
        found = compare_adjusted(values, clinical["course"].to_numpy(dtype=str), adjust)
    except InputError:
        return None
    groups = {
        str(name): write_median(part.to_numpy(dtype=float))
        for name, part in clinical.groupby("course")[target]
    }
    return {
        "groups": groups,
        "f": found.f,
        "df": [found.df_group, found.df_error],
        "p": found.p,
        "partial_eta_squared": found.partial_eta_squared,
    }


def write_median(values: Floats) -> str:
    """Write median and quartiles as the paper's table 1 does."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.1f} ({low:.1f}-{high:.1f})"
