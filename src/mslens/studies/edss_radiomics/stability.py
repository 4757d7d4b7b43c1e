"""Which features come out the same when a patient is measured again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.errors import TableError
from mslens.core.features import OBS_COLUMNS, VAR_COLUMNS, FeatureTable
from mslens.learn.columns import iterate_blocks
from mslens.stats.icc import FORMS, intraclass_correlation

Floats = npt.NDArray[np.float64]
#: The paper names no form; single measurement, two-way random, absolute agreement.
ICC_FORM = "ICC(2,1)"
MIN_REPEATED = 3


def measure_stability(
    first: FeatureTable, second: FeatureTable | None, people: tuple[str, ...]
) -> tuple[Floats, int]:
    """Compute the ICC(2,1) of every feature over the patients that were measured twice.

    Parameters
    ----------
    first, second : FeatureTable
        The second measurement holds some of the participants of the first, same columns.
    people : tuple of str
        Included patients; others are not used.

    Returns
    -------
    icc : ndarray, shape (p,)
        NaN where it is not defined; all NaN without repeats.
    n : int
        Patients used; 0 without repeats.

    Raises
    ------
    TableError
        If the columns differ, or fewer than three included patients were measured twice.
    """
    nothing = np.full(first.X.shape[1], np.nan)
    if second is None:
        return nothing, 0
    keys = list(VAR_COLUMNS)
    if not first.var[keys].reset_index(drop=True).equals(second.var[keys].reset_index(drop=True)):
        raise TableError(
            "the second measurement has other features than the first",
            expected="the same features in the same order",
            cure="Extract both with the same settings and regions",
        )
    place = {name: row for row, name in reversed(list(enumerate(first.obs[OBS_COLUMNS[0]])))}
    pairs = [
        (place[name], row)
        for row, name in enumerate(second.obs[OBS_COLUMNS[0]])
        if name in place and name in set(people)
    ]
    if len(pairs) < MIN_REPEATED:
        raise TableError(
            f"{len(pairs)} included patient(s) were measured twice",
            expected=f"at least {MIN_REPEATED}",
            cure="Leave the second measurement away, or measure more patients again",
        )
    rows = np.array(pairs)
    form = FORMS.index(ICC_FORM)
    for columns in iterate_blocks(first.X.shape[1]):
        values = np.stack([first.X[rows[:, 0], columns], second.X[rows[:, 1], columns]], axis=1)
        found = intraclass_correlation(values, intervals=False)
        nothing[columns] = found.estimate[form]
    return nothing, len(pairs)
