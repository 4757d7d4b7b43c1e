r"""Analysis of covariance: groups compared in a measure, adjusted for covariates.

The F test of the group term of value ~ group + covariates, by ordinary least squares against the
model without the group (type II: no interaction), partial
:math:`\eta^2 = SS_{group} / (SS_{group} + SS_{error})`, and group means at the covariates' mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.stats.samples import require_same_length, take_sample

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class AdjustedComparison:
    """Effect of a group on a measure, adjusted for covariates.

    Parameters
    ----------
    f, p, partial_eta_squared : float
    df_group, df_error : int
    adjusted_means : dict
        Group -> mean of the measure at the covariates' mean.
    difference : float or None
        With two groups: the second adjusted mean minus the first, in the groups' order.
    interval : tuple of 2 float or None
        95% interval of the difference.
    """

    f: float
    df_group: int
    df_error: int
    p: float
    partial_eta_squared: float
    adjusted_means: dict[str, float]
    difference: float | None
    interval: tuple[float, float] | None


def compare_adjusted(values: Array, groups: Array, covariates: Array) -> AdjustedComparison:
    """Compare groups in a measure, adjusted for covariates.

    Parameters
    ----------
    values : array-like, shape (n,)
    groups : array-like, shape (n,)
        Any labels.
    covariates : array-like, shape (n, c) or (n,)
        Numbers; code two classes as 0 and 1.

    Returns
    -------
    AdjustedComparison

    Raises
    ------
    InputError
        If lengths differ, a value is not finite, there is one group only, the covariates
        determine the group, or too few subjects are left for an error estimate.
    """
    y = take_sample(values, name="the measure")
    z = np.asarray(covariates, dtype=np.float64).reshape(y.size, -1)
    require_same_length(measure=y, groups=np.asarray(groups), covariates=z)
    if not np.isfinite(z).all():
        raise InputError("a covariate is NaN or infinite", expected="complete covariates")
    names, code = np.unique(np.asarray(groups), return_inverse=True)
    if names.size < 2:
        raise InputError(f"there is one group only ('{names[0]}')", expected="two or more")
    z = (z - z.mean(axis=0)) / np.where(z.std(axis=0) > 0, z.std(axis=0), 1.0)
    member = np.eye(names.size)[code.reshape(-1)]
    full, reduced = np.column_stack([member, z]), np.column_stack([np.ones(y.size), z])
    rank = int(np.linalg.matrix_rank(full))
    df_group, df_error = rank - int(np.linalg.matrix_rank(reduced)), y.size - rank
    if df_group != names.size - 1 or df_error < 1:
        raise InputError(
            "the covariates determine the group, or too few subjects are left",
            expected="groups that overlap in the covariates",
        )
    beta, error = _least_squares(full, y)
    between = max(_least_squares(reduced, y)[1] - error, 0.0)
    f = float(np.inf) if error == 0 else (between / df_group) / (error / df_error)
    difference, interval = _contrast(full, beta, error / df_error, df_error, names.size)
    return AdjustedComparison(
        f=float(f),
        df_group=df_group,
        df_error=df_error,
        p=float(stats.f.sf(f, df_group, df_error)),
        partial_eta_squared=float(between / (between + error)) if between + error else 0.0,
        adjusted_means={str(name): float(beta[i]) for i, name in enumerate(names)},
        difference=difference,
        interval=interval,
    )


def _least_squares(design: Floats, y: Floats) -> tuple[Floats, float]:
    beta = np.linalg.lstsq(design, y, rcond=None)[0]
    return np.asarray(beta, dtype=np.float64), float(((y - design @ beta) ** 2).sum())


def _contrast(
    design: Floats, beta: Floats, variance: float, df_error: int, n_groups: int
) -> tuple[float | None, tuple[float, float] | None]:
    if n_groups != 2:
        return None, None
    weights = np.zeros(design.shape[1])
    weights[:2] = -1.0, 1.0
    gap = float(weights @ beta)
    spread = float(weights @ np.linalg.pinv(design.T @ design) @ weights)
    reach = float(stats.t.ppf(0.975, df_error)) * np.sqrt(variance * spread)
    return gap, (float(gap - reach), float(gap + reach))
