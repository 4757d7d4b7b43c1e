"""Who trains, who tests: one site divided, all others external."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.errors import InputError
from mslens.core.rng import make_rng
from mslens.evaluate.cohort import require_patients
from mslens.evaluate.folds import split_holdout
from mslens.learn.nested import MIN_PATIENTS
from mslens.studies.edss_radiomics.settings import StudySettings

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]
TRAINING, INTERNAL, EXTERNAL = "training", "internal", "external"
#: An external set with fewer patients says nothing.
MIN_EXTERNAL = 5


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of each set.

    Parameters
    ----------
    rows : dict
        "training", "internal" and, where there is another site, "external".
    training_site : str
        Empty when the table names no site.
    other_sites : tuple of str
    """

    rows: dict[str, Integers]
    training_site: str
    other_sites: tuple[str, ...]


def split_patients(target: Floats, clinical: pd.DataFrame, settings: StudySettings) -> Split:
    """Divide patients: training and internal test at one site, all others external.

    Parameters
    ----------
    target : ndarray, shape (n,)
    clinical : DataFrame
        Rows in the same order.
    settings : StudySettings

    Raises
    ------
    InputError
        If the site is unknown, or a set is too small.
    """
    sites = (
        clinical["site"].astype(str)
        if "site" in clinical.columns
        else pd.Series("", index=clinical.index)
    )
    counts = sites.value_counts()
    site = settings.training_site or str(counts.sort_index().idxmax())
    if site not in counts.index:
        raise InputError(
            f"no included patient is from the site '{site}'",
            expected=f"one of {', '.join(sorted(counts.index))}",
        )
    here = np.flatnonzero((sites == site).to_numpy())
    there = np.flatnonzero((sites != site).to_numpy())
    require_patients(
        here.tolist(),
        minimum=2 * MIN_PATIENTS,
        purpose="at the training site to train and test a model",
    )
    if 0 < there.size < MIN_EXTERNAL:
        names = ", ".join(sorted(set(sites.iloc[there])))
        raise InputError(
            f"{there.size} patient(s) of another site ({names}) are too few to test a model",
            expected=f"at least {MIN_EXTERNAL}, or one site only",
            cure="Leave them out of the clinical table, or collect more",
        )
    fold = split_holdout(
        target[here], test_share=settings.test_share, rng=make_rng(settings.seed, "split")
    )
    rows = {TRAINING: here[fold.train], INTERNAL: here[fold.test]}
    if there.size:
        rows[EXTERNAL] = there
    others = tuple(sorted(set(sites.iloc[there])))
    return Split(rows, site, others)
