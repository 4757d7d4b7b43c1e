"""Disability from severity: the quantile function of a site's EDSS or PDDS at Phi(severity).

score = Q_site(Phi(D)). The patient-reported PDDS sees D through noise: D' = rho D + sqrt(1 -
rho^2) e with rho = .85, which gives a rank correlation with EDSS near the .78 of Learmonth 2013.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from mslens.simulate.sites import SCORE_VALUES, Site, score_shares

#: Correlation of what a patient reports with the severity that an examiner would find.
REPORT_CORRELATION = {"edss": 1.0, "pdds": 0.85}

_NOISE_LEVELS = 200


def score_disability(
    severity: npt.NDArray[np.float64], *, site: Site, report_noise: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Turn severity into the score that the site records.

    Parameters
    ----------
    severity, report_noise : ndarray, shape (n,), float64
        Standard normal; the noise counts for PDDS only.
    site : Site

    Returns
    -------
    ndarray, shape (n,), float64
        EDSS or PDDS, whichever the site records.
    """
    rho = REPORT_CORRELATION[site.score]
    reported = rho * severity + np.sqrt(1.0 - rho**2) * report_noise
    return _quantile(reported, site)


def expect_disability(
    severity: npt.NDArray[np.float64], *, site: Site, threshold: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the expected score and the probability that it reaches the threshold.

    Parameters
    ----------
    severity : ndarray, shape (n,), float64
    site : Site
    threshold : float
        3.0 for the disability groups of Coll 2023.

    Returns
    -------
    expected, reached : ndarray, shape (n,), float64
    """
    # A score is a step function of its noise, so equally likely noises beat Gaussian quadrature.
    noise = special.ndtri((np.arange(_NOISE_LEVELS) + 0.5) / _NOISE_LEVELS)
    if REPORT_CORRELATION[site.score] == 1.0:
        noise = np.zeros(1)
    scores = np.stack(
        [
            score_disability(severity, site=site, report_noise=np.full(severity.shape, level))
            for level in noise
        ],
        axis=-1,
    )
    return scores.mean(axis=-1), (scores >= threshold).mean(axis=-1)


def _quantile(severity: npt.NDArray[np.float64], site: Site) -> npt.NDArray[np.float64]:
    cumulative = np.cumsum(score_shares(site))
    values = SCORE_VALUES[site.score]
    index = np.searchsorted(cumulative, special.ndtr(severity))
    return values[np.minimum(index, len(values) - 1)]
