"""The oracle: the best prediction of disability that the simulated clinic allows.

Posterior of severity on a grid, p(D | sum V, A, T, course) ~ N(D; .30 A + .20 T, .816)
N(sum V; 7 l D, 7 (1 - l^2)) P(course | D, T), then the mean score and P(score >= threshold).
No model may beat it except by chance; a model is scored as a fraction of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from mslens.simulate.clinic import (
    COURSE_NOISE,
    COURSE_ON_DURATION,
    COURSE_ON_SEVERITY,
    DAMAGE_FACTORS,
    SEVERITY_NOISE,
    SEVERITY_ON_AGE,
    SEVERITY_ON_DURATION,
    Clinic,
    course_threshold,
)
from mslens.simulate.disability import expect_disability

GRID_NODES = 401
_GRID_LIMIT = 5.0
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class OraclePrediction:
    """What the oracle says, one entry per patient.

    Parameters
    ----------
    score : ndarray, shape (n,), float64
        Posterior mean of the score.
    disabled : ndarray, shape (n,), float64
        Posterior probability that the score reaches the threshold.
    """

    score: npt.NDArray[np.float64]
    disabled: npt.NDArray[np.float64]


def ask_oracle(
    clinic: Clinic, *, damage_known: bool = True, threshold: float = 3.0
) -> OraclePrediction:
    """Predict every patient's score from all that the images could ever tell.

    Parameters
    ----------
    clinic : Clinic
    damage_known : bool
        False: clinical variables alone (age, duration, course).
    threshold : float
        Score from which a patient counts as disabled.

    Returns
    -------
    OraclePrediction
    """
    nodes = np.linspace(-_GRID_LIMIT, _GRID_LIMIT, GRID_NODES)
    expected, reached = expect_disability(nodes, site=clinic.site, threshold=threshold)
    score, disabled = [np.empty(0)], [np.empty(0)]
    for start in range(0, len(clinic.female), _CHUNK):
        part = slice(start, start + _CHUNK)
        weight = _posterior(clinic, part, nodes, damage_known=damage_known)
        # Sums, not BLAS: the same bytes on any number of threads.
        score.append((weight * expected).sum(axis=1))
        disabled.append((weight * reached).sum(axis=1))
    return OraclePrediction(np.concatenate(score), np.concatenate(disabled))


def _posterior(
    clinic: Clinic, part: slice, nodes: npt.NDArray[np.float64], *, damage_known: bool
) -> npt.NDArray[np.float64]:
    duration = clinic.duration_factor[part, None]
    prior = SEVERITY_ON_AGE * clinic.age_factor[part, None] + SEVERITY_ON_DURATION * duration
    log_weight = -0.5 * ((nodes - prior) / SEVERITY_NOISE) ** 2
    latent = COURSE_ON_SEVERITY * nodes + COURSE_ON_DURATION * duration
    z = (latent - course_threshold(clinic.site)) / COURSE_NOISE
    log_weight += special.log_ndtr(np.where(clinic.progressive[part, None], z, -z))
    if damage_known:
        k, loading = len(DAMAGE_FACTORS), clinic.loading
        total = clinic.damage[part].sum(axis=1)[:, None]
        variance = max(k * (1.0 - loading**2), 1e-6)
        log_weight += -0.5 * (total - k * loading * nodes) ** 2 / variance
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weight = np.exp(log_weight)
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))
