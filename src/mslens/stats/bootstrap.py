r"""Bootstrap interval of any statistic, resampling observations or whole patients.

Percentile or bias-corrected and accelerated (BCa): the percentiles are moved by the bias
:math:`z_0 = \Phi^{-1}(\#\{\theta^* < \theta\} / B)` and the acceleration a from the jackknife
(Efron, JASA 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.core.settings import Settings
from mslens.stats.samples import code_clusters, require_same_length, take_sample

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
#: Takes samples of shape (..., n) and reduces their last axis.
Statistic = Callable[..., Array]
#: Values of one sample that are drawn at once; bounds the memory.
_CHUNK = 2_000_000


class BootstrapSettings(Settings):
    """How an interval is bootstrapped."""

    n_resamples: int = 2000
    level: float = 0.95
    method: Literal["bca", "percentile"] = "bca"


@dataclass(frozen=True, eq=False)
class Interval:
    """A statistic with its bootstrap interval.

    Parameters
    ----------
    estimate, low, high : float
    draws : ndarray, shape (n,), float64
        The statistic of every resample in which it is defined.
    n_undefined : int
        Resamples in which the statistic was NaN, e.g. one class only; left out.
    """

    estimate: float
    low: float
    high: float
    draws: Floats
    n_undefined: int


def bootstrap_interval(
    statistic: Statistic,
    *samples: Array,
    rng: np.random.Generator,
    clusters: Array | None = None,
    settings: BootstrapSettings | None = None,
) -> Interval:
    """Bootstrap a statistic of paired samples.

    Parameters
    ----------
    statistic : callable
        Takes one array of shape (..., n) per sample and reduces the last axis.
    *samples : array-like, shape (n,) each
        Resampled together.
    rng : numpy.random.Generator
    clusters : array-like, shape (n,), optional
        Patient of each observation; given, whole patients are resampled.
    settings : BootstrapSettings, optional

    Returns
    -------
    Interval

    Raises
    ------
    InputError
        If the samples do not match, there are fewer than two patients, the statistic is not
        defined on them, or it is undefined in more than half of the resamples.
    """
    settings = settings or BootstrapSettings()
    rows = [take_sample(sample, name=f"sample {i + 1}") for i, sample in enumerate(samples)]
    require_same_length(**{f"sample_{i + 1}": row for i, row in enumerate(rows)})
    cluster = code_clusters(clusters, rows[0].size)
    if cluster.max(initial=0) < 1:
        raise InputError("there is one patient only", expected="at least two to resample")
    estimate = float(statistic(*rows))
    if not np.isfinite(estimate):
        raise InputError("the statistic is not defined on these samples", expected="a number")
    draws = np.concatenate(
        [
            np.atleast_1d(statistic(*(row[index] for row in rows)))
            for index in _resample(cluster, settings.n_resamples, rng)
        ]
    )
    kept = draws[np.isfinite(draws)]
    if 2 * kept.size < draws.size:
        raise InputError(
            f"the statistic is undefined in {draws.size - kept.size} of {draws.size} resamples",
            cure="Report the estimate without an interval: there are too few patients",
        )
    tails = np.array([(1 - settings.level) / 2, (1 + settings.level) / 2])
    if settings.method == "bca":
        tails = _bca(tails, estimate, kept, _jackknife(statistic, rows, cluster))
    low, high = np.quantile(kept, tails)
    return Interval(estimate, float(low), float(high), kept, int(draws.size - kept.size))


def _resample(cluster: Integers, n: int, rng: np.random.Generator) -> Iterator[Integers]:
    """Yield index arrays: many rows at once when every cluster has one member."""
    n_clusters = int(cluster.max()) + 1
    if n_clusters == cluster.size:
        order = np.argsort(cluster, kind="stable")
        per_chunk = max(1, _CHUNK // cluster.size)
        for start in range(0, n, per_chunk):
            shape = (min(per_chunk, n - start), n_clusters)
            yield order[rng.integers(n_clusters, size=shape)]
        return
    members = np.split(np.argsort(cluster, kind="stable"), np.cumsum(np.bincount(cluster))[:-1])
    for _ in range(n):
        yield np.concatenate([members[i] for i in rng.integers(n_clusters, size=n_clusters)])


def _jackknife(statistic: Statistic, rows: list[Floats], cluster: Integers) -> Floats:
    n_clusters = int(cluster.max()) + 1
    return np.array(
        [
            float(statistic(*(row[cluster != left_out] for row in rows)))
            for left_out in range(n_clusters)
        ]
    )


def _bca(tails: Floats, estimate: float, draws: Floats, jackknife: Floats) -> Floats:
    below = ((draws < estimate).sum() + 0.5 * (draws == estimate).sum()) / draws.size
    z0 = stats.norm.ppf(np.clip(below, 0.5 / draws.size, 1 - 0.5 / draws.size))
    away = np.nanmean(jackknife) - jackknife[np.isfinite(jackknife)]
    scale = (away**2).sum() ** 1.5
    acceleration = 0.0 if scale == 0 else (away**3).sum() / (6 * scale)
    shifted = z0 + stats.norm.ppf(tails)
    return np.asarray(stats.norm.cdf(z0 + shifted / (1 - acceleration * shifted)))
