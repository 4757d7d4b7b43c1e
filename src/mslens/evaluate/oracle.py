r"""A model as a fraction of the best attainable: r(model) / r(oracle) on the same subjects.

Only where the truth is simulated: the oracle is the posterior mean given everything that the
simulator drew. A ratio whose 99.9% interval lies wholly above 1 means leakage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.evaluate.leakage import LeakageError
from mslens.stats.bootstrap import BootstrapSettings, bootstrap_interval
from mslens.stats.correlation import correlate

Floats = npt.NDArray[np.float64]
_N_RESAMPLES = 5000


@dataclass(frozen=True)
class OracleRatio:
    """r of a model over r of the oracle, with its 95% interval by the bootstrap."""

    r_model: float
    r_oracle: float
    ratio: float
    low: float
    high: float


def compare_with_oracle(
    observed: Array,
    predicted: Array,
    oracle: Array,
    *,
    rng: np.random.Generator,
    patients: Array | None = None,
) -> OracleRatio:
    """Score a model as a fraction of the oracle.

    Parameters
    ----------
    observed, predicted, oracle : array-like, shape (n,)
        Target, the model's prediction and the oracle's, of the same subjects.
    rng : numpy.random.Generator
    patients : array-like, shape (n,), optional

    Returns
    -------
    OracleRatio

    Raises
    ------
    LeakageError
        If the model beats the oracle beyond chance (99.9% interval wholly above 1).
    InputError
        If the samples do not match or a correlation is not defined.
    """
    interval = bootstrap_interval(
        _ratio,
        observed,
        predicted,
        oracle,
        rng=rng,
        clusters=patients,
        settings=BootstrapSettings(n_resamples=_N_RESAMPLES, method="percentile"),
    )
    if np.quantile(interval.draws, 0.0005) > 1.0:
        raise LeakageError(
            f"the model reaches {interval.estimate:.3f} of the oracle, beyond chance",
            expected="at most the best attainable correlation",
            cure="Look for information about the target among the features",
        )
    return OracleRatio(
        float(correlate(observed, predicted)),
        float(correlate(observed, oracle)),
        interval.estimate,
        interval.low,
        interval.high,
    )


def _ratio(observed: Floats, predicted: Floats, oracle: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(correlate(observed, predicted) / correlate(observed, oracle))
