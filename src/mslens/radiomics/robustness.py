"""Which features survive a second measurement: ICC, a threshold, and shares by class and region.

Paper 000 keeps ICC >= 0.90 in 30 subjects; paper 003 calls ICC > 0.85 over four reconstructions
robust and leaves shape out of its shares (93 features per volume of interest).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError, TableError
from mslens.core.features import VAR_COLUMNS, FeatureTable
from mslens.core.settings import Settings
from mslens.stats.icc import FORMS, intraclass_correlation

Form = Literal["ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"]


class RobustnessSettings(Settings):
    """When a feature counts as robust.

    Parameters
    ----------
    form : str
        Form of the ICC that decides; all six are reported.
    threshold : float
    inclusive : bool
        At the threshold, too.
    limit : {"estimate", "lower"}
        What must reach the threshold: the estimate, or the lower limit of its interval.
    confidence : float
    leave_out : sequence of str
        Feature classes that do not count in shares.
    """

    form: Form = "ICC(2,1)"
    threshold: float = 0.90
    inclusive: bool = True
    limit: Literal["estimate", "lower"] = "estimate"
    confidence: float = 0.95
    leave_out: tuple[str, ...] = ()


#: The tests of the two papers.
ROBUSTNESS_PRESETS: dict[str, RobustnessSettings] = {
    "edss-radiomics": RobustnessSettings(threshold=0.90),
    "qsm-robustness": RobustnessSettings(threshold=0.85, inclusive=False, leave_out=("shape",)),
}

#: Grey-level counts of paper 003.
GREY_LEVEL_COUNTS = (8, 16, 32, 64, 128, 256, 512)


def assess_robustness(
    measurements: Sequence[FeatureTable], *, settings: RobustnessSettings
) -> pd.DataFrame:
    """Compute the ICC of every feature over repeated measurements of the same subjects.

    Parameters
    ----------
    measurements : sequence of FeatureTable
        One table per measurement, with the same subjects and columns in the same order.
    settings : RobustnessSettings

    Returns
    -------
    DataFrame
        The columns of ``var``, the six ICCs, limits and p of the deciding form, ``robust`` and,
        where there is no ICC, ``reason``.

    Raises
    ------
    InputError
        If there are fewer than two measurements or subjects.
    TableError
        If subjects or columns differ.
    """
    if len(measurements) < 2 or len(measurements[0].obs) < 2:
        raise InputError(
            "robustness needs repeated measurements",
            expected="at least two measurements of at least two subjects",
        )
    first = measurements[0]
    for table in measurements[1:]:
        if table.names != first.names or not table.obs.equals(first.obs):
            raise TableError(
                "the measurements have different subjects or features",
                cure="Give every measurement the same subjects, regions and settings",
            )
    values = np.stack([table.X for table in measurements], axis=1)
    found = intraclass_correlation(values, confidence=settings.confidence)
    form = FORMS.index(settings.form)
    decisive = found.estimate[form] if settings.limit == "estimate" else found.lower[form]
    enough = decisive >= settings.threshold if settings.inclusive else decisive > settings.threshold
    out = first.var[list(VAR_COLUMNS)].copy()
    for name, estimate in zip(FORMS, found.estimate, strict=True):
        out[name] = estimate
    out["lower"], out["upper"], out["p"] = found.lower[form], found.upper[form], found.p[form]
    out["robust"] = enough & np.isfinite(decisive)
    out["reason"] = _explain(values, found.estimate[form])
    return out


def _explain(values: Array, estimate: Array) -> Array:
    missing = ~np.isfinite(values).all(axis=(0, 1))
    flat = ~missing & (np.ptp(values, axis=(0, 1)) == 0)
    reasons = np.full(estimate.shape, "", dtype=object)
    reasons[~np.isfinite(estimate)] = "the ICC is undefined"
    reasons[flat] = "the feature is the same everywhere"
    reasons[missing] = "a measurement has no value"
    return reasons


def share_robust(
    assessed: pd.DataFrame, *, by: Sequence[str], settings: RobustnessSettings
) -> pd.DataFrame:
    """Return number and share of robust features by region, class or any other column.

    Parameters
    ----------
    assessed : DataFrame
        From `assess_robustness`.
    by : sequence of str
        E.g. ``("roi", "feature_class")``.
    settings : RobustnessSettings
        Whose `leave_out` classes do not count.
    """
    counted = assessed[~assessed["feature_class"].isin(settings.leave_out)]
    grouped = counted.groupby(list(by), sort=False, observed=True)
    summary = grouped["robust"].agg(["size", "sum"]).reset_index()
    summary = summary.rename(columns={"size": "features", "sum": "robust"})
    summary["share"] = summary["robust"] / summary["features"]
    summary["median_icc"] = grouped[settings.form].median().to_numpy()
    return summary


class SideComparison(NamedTuple):
    """Left against right: t-tests on the ICCs of the same features, unpaired and paired."""

    mean_left: float
    mean_right: float
    t: float
    p: float
    t_paired: float
    p_paired: float


def compare_sides(left: Array, right: Array) -> SideComparison:
    """Compare the ICCs of left and right regions, feature by feature.

    Parameters
    ----------
    left, right : ndarray, shape (n,)
        The same features in the same order; pairs without both values are left out.

    Raises
    ------
    InputError
        If the arrays differ in length or fewer than two pairs are left.
    """
    if np.shape(left) != np.shape(right):
        raise InputError("left and right have different numbers of features")
    known = np.isfinite(left) & np.isfinite(right)
    if known.sum() < 2:
        raise InputError("fewer than two features have an ICC on both sides")
    a, b = np.asarray(left)[known], np.asarray(right)[known]
    apart, paired = stats.ttest_ind(a, b), stats.ttest_rel(a, b)
    return SideComparison(
        float(a.mean()),
        float(b.mean()),
        float(apart.statistic),
        float(apart.pvalue),
        float(paired.statistic),
        float(paired.pvalue),
    )


def adjust_volumes(volumes: Array, total_brain_volumes: Array) -> Array:
    """Return V x mean(TBV) / TBV: volumes as if every brain had the mean size."""
    total = np.asarray(total_brain_volumes, dtype=np.float64)
    return np.asarray(volumes, dtype=np.float64) * total.mean() / total
