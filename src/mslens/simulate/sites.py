"""Sites of the simulated clinic: who is seen there, how disabled they are, who scans them.

Figures of the published cohorts: Pontillo 2021 (sites 1 and 2), Coll 2023 (site 3 in house and
site 4 external), Fiscone 2024 (site 5). Percentages are of the patients of a site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.errors import UnknownName

Score = Literal["edss", "pdds"]

#: The values that an EDSS can take (there is no 0.5), and those of the PDDS.
EDSS_VALUES: npt.NDArray[np.float64] = np.array([0.0, *np.arange(1.0, 9.51, 0.5)], dtype=np.float64)
PDDS_VALUES: npt.NDArray[np.float64] = np.arange(9, dtype=np.float64)
SCORE_VALUES: Mapping[Score, npt.NDArray[np.float64]] = {"edss": EDSS_VALUES, "pdds": PDDS_VALUES}

_EDSS_SITE_1 = (
    *(2.5, 5.9, 10.2, 17.0, 15.4, 11.4, 10.0, 7.2, 4.7, 3.4),
    *(2.8, 4.6, 2.9, 1.0, 0.5, 0.3, 0.1, 0.1, 0.05),
)
_EDSS_SITE_2 = (
    *(6.5, 11.3, 16.2, 17.0, 7.4, 6.1, 5.8, 7.4, 5.1, 3.5),
    *(3.0, 5.2, 3.3, 1.1, 0.5, 0.3, 0.2, 0.1, 0.05),
)
_EDSS_SITE_3 = (
    *(12.0, 14.0, 15.0, 15.0, 11.4, 6.0, 5.0, 5.5, 3.0, 2.5),
    *(2.0, 4.0, 2.9, 0.8, 0.4, 0.3, 0.1, 0.1, 0.0),
)
_PDDS_SITE_4 = (25.0, 13.0, 12.0, 12.0, 10.0, 8.0, 17.0, 3.0, 0.0)


@dataclass(frozen=True)
class LesionLoad:
    """Log-normal T2 lesion volume and what it hangs on.

    Parameters
    ----------
    mean_ml, sd_ml : float
        Mean and standard deviation over the patients of the site.
    damage_weight, duration_weight : float
        Loading of the latent load on the standardised sum of the damage factors and on the
        duration factor. It never hangs on disability itself, so that the oracle, which knows
        both, stays the best predictor that there can be.
    """

    mean_ml: float
    sd_ml: float
    damage_weight: float = 0.55
    duration_weight: float = 0.25


@dataclass(frozen=True)
class Site:
    """One centre.

    Parameters
    ----------
    name : str
    weight : int
        Number of patients in the published cohort: shares of a simulated cohort follow it.
    score_percent : tuple of float
        Percent of patients per value of `score`; normalised to 100 where it is used.
    score : {"edss", "pdds"}
        What is recorded. PDDS is reported by the patient, hence noisier.
    female_share, progressive_share, cis_share, primary_share : float
        Shares of women, of progressive courses, of clinically isolated syndromes, and of the
        progressive who are primary progressive.
    age_mean_years, age_sd_years, duration_shape, duration_scale_years : float
        Normal age; gamma disease duration.
    scanners : mapping of scanner name to (percent below 3, percent from 3 on)
        Share of scans on each scanner for the two disability groups.
    control_age_years : tuple of float
        Mean and standard deviation of the age of healthy controls.
    repeat_share : tuple of float
        Share of patients who come back, below 3 and from 3 on.
    examination_days : tuple of int
        Days from the scan to the examination, first and last possible.
    asked_age_range_years : tuple of float, optional
        Everybody's age at the first visit is drawn between these two, controls' as well. Without
        it patients' ages are clipped to ``age_range_years``.
    """

    name: str
    weight: int
    score_percent: tuple[float, ...]
    lesion_load: LesionLoad
    scanners: Mapping[str, tuple[float, float]]
    score: Score = "edss"
    female_share: float = 0.70
    progressive_share: float = 0.144
    cis_share: float = 0.0
    primary_share: float = 0.0
    age_mean_years: float = 37.5
    age_sd_years: float = 10.9
    age_range_years: tuple[float, float] = (18.0, 70.0)
    duration_shape: float = 1.32
    duration_scale_years: float = 7.05
    control_age_years: tuple[float, float] = (40.0, 13.0)
    control_female_share: float = 17 / 30
    repeat_share: tuple[float, float] = (0.0, 0.0)
    examination_days: tuple[int, int] = (-28, 28)
    asked_age_range_years: tuple[float, float] | None = None


def _even(*names: str) -> dict[str, tuple[float, float]]:
    return {name: (100 / len(names), 100 / len(names)) for name in names}


_TABLE_2_SCANNERS = {
    "Avanto": (9.0, 27.0),
    "AvantoFit": (20.0, 13.0),
    "Symphony": (3.0, 2.0),
    "SymphonyTim": (6.0, 23.0),
    "TimTrio": (62.0, 36.0),
}

SITES: Mapping[str, Site] = {
    site.name: site
    for site in (
        Site(
            name="site1",
            weight=500,
            score_percent=_EDSS_SITE_1,
            lesion_load=LesionLoad(10.6, 13.4),
            scanners=_even("TrioSite1"),
        ),
        Site(
            name="site2",
            weight=104,
            score_percent=_EDSS_SITE_2,
            lesion_load=LesionLoad(7.2, 8.6),
            scanners=_even("VerioSite2"),
            female_share=0.77,
            progressive_share=0.192,
        ),
        Site(
            name="site3",
            weight=319,
            score_percent=_EDSS_SITE_3,
            lesion_load=LesionLoad(27.5, 39.9, damage_weight=0.85, duration_weight=0.3),
            scanners=_TABLE_2_SCANNERS,
            female_share=0.65,
            progressive_share=0.13,
            cis_share=0.39,
            age_mean_years=42.7,
            age_sd_years=10.0,
            duration_shape=2.21,
            duration_scale_years=4.71,
            repeat_share=(0.0, 33 / 104),
            examination_days=(0, 180),
        ),
        Site(
            name="site4",
            weight=440,
            score_percent=_PDDS_SITE_4,
            score="pdds",
            lesion_load=LesionLoad(13.2, 24.7),
            scanners=_even("TimTrio3D", "Skyra3D", "Prisma3D", "Verio3D"),
            progressive_share=0.20,
            age_mean_years=48.3,
            age_sd_years=11.0,
            duration_shape=1.60,
            duration_scale_years=7.20,
        ),
        Site(
            name="site5",
            weight=121,
            score_percent=_EDSS_SITE_1,
            lesion_load=LesionLoad(10.6, 13.4),
            scanners=_even("Skyra"),
            female_share=71 / 121,
            progressive_share=0.25,
            primary_share=0.35,
            age_mean_years=48.7,
            age_sd_years=12.6,
            age_range_years=(23.0, 75.0),
            duration_shape=1.60,
            duration_scale_years=7.80,
            control_age_years=(53.4, 17.9),
        ),
    )
}


def choose_site(name: str) -> Site:
    """Return the site called `name`.

    Raises
    ------
    UnknownName
        If there is no such site; the message offers the closest.
    """
    if name not in SITES:
        raise UnknownName.of(name, SITES, kind="site")
    return SITES[name]


def score_shares(site: Site) -> npt.NDArray[np.float64]:
    """Share of patients per value of the site's score, shape (n_values,), sum 1."""
    percent = np.asarray(site.score_percent)
    return percent / percent.sum()
