"""The simulated clinic: latent severity, seven damage factors, and what a chart would say.

Age factor A and duration factor T are N(0, 1) with correlation .45; severity D = .30 A + .20 T +
sqrt(1 - .184) e; progressive = 1[.80 D + .15 T + noise > quantile]; damage V_k = l D +
sqrt(1 - l^2) e_k. Scores, age and duration are quantile functions of D, A and T, so that the best
attainable prediction is known (see `oracle`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from mslens.core.arrays import MaskArray
from mslens.core.errors import InputError
from mslens.core.rng import make_rng
from mslens.simulate.ages import draw_ages
from mslens.simulate.disability import score_disability
from mslens.simulate.sites import Site

#: One damage factor per part of the brain that the images and the features let shrink.
DAMAGE_FACTORS = (
    "frontal",
    "temporal",
    "parietal",
    "occipital",
    "deep_gm",
    "cerebellum",
    "white_matter",
)

AGE_DURATION_CORRELATION = 0.45
SEVERITY_ON_AGE, SEVERITY_ON_DURATION = 0.30, 0.20
SEVERITY_NOISE = float(np.sqrt(1.0 - 0.184))
COURSE_ON_SEVERITY, COURSE_ON_DURATION = 0.80, 0.15
#: Variance of the course's latent without its noise; the total is one.
_COURSE_EXPLAINED = (
    COURSE_ON_SEVERITY**2
    + COURSE_ON_DURATION**2
    + 2
    * COURSE_ON_SEVERITY
    * COURSE_ON_DURATION
    * (SEVERITY_ON_AGE * AGE_DURATION_CORRELATION + SEVERITY_ON_DURATION)
)
COURSE_NOISE = float(np.sqrt(1.0 - _COURSE_EXPLAINED))
#: Nobody's disease began before this age: a longer duration is cut in the chart (1% of patients).
YOUNGEST_ONSET_YEARS = 5.0
#: Years between two visits over which the part of severity that age and duration do not explain
#: keeps a correlation of 1/e with itself.
SEVERITY_MEMORY_YEARS = 60.0

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Clinic:
    """Patients of one site at one moment, latent truth and chart.

    Every array has one entry per patient. `noise` columns are kept so that a later visit of the
    same patient follows from the same person; `years` counts from the first visit.
    """

    site: Site
    years: Vector
    loading: float
    age_factor: Vector
    duration_factor: Vector
    severity_noise: Vector
    damage_noise: npt.NDArray[np.float64]
    course_noise: Vector
    onset_noise: Vector
    primary_rank: Vector
    report_noise: Vector
    load_noise: Vector
    female: MaskArray

    @property
    def severity(self) -> Vector:
        """Latent severity D, shape (n,)."""
        return (
            SEVERITY_ON_AGE * self.age_factor
            + SEVERITY_ON_DURATION * self.duration_factor
            + SEVERITY_NOISE * self.severity_noise
        )

    @property
    def damage(self) -> npt.NDArray[np.float64]:
        """Damage factors V, shape (n, 7), columns as in `DAMAGE_FACTORS`."""
        return (
            self.loading * self.severity[:, None]
            + np.sqrt(1.0 - self.loading**2) * self.damage_noise
        )

    @property
    def age_years(self) -> Vector:
        """Age: within the site's range at the first visit, then as many years older as went by."""
        site = self.site
        at_first = draw_ages(
            self.age_factor - self.years / site.age_sd_years,
            site.age_mean_years,
            site.age_sd_years,
            clipped_to=site.age_range_years,
            drawn_between=site.asked_age_range_years,
        )
        return at_first + self.years

    @property
    def duration_years(self) -> Vector:
        """Disease duration: gamma quantile at Phi(T), never longer than age allows."""
        years = stats.gamma.ppf(
            special.ndtr(self.duration_factor),
            self.site.duration_shape,
            scale=self.site.duration_scale_years,
        )
        return np.minimum(years, self.age_years - YOUNGEST_ONSET_YEARS)

    @property
    def progressive(self) -> MaskArray:
        """Whether the course is progressive (secondary or primary)."""
        latent = (
            COURSE_ON_SEVERITY * self.severity
            + COURSE_ON_DURATION * self.duration_factor
            + COURSE_NOISE * self.course_noise
        )
        return latent > course_threshold(self.site)

    @property
    def course(self) -> npt.NDArray[np.str_]:
        """CIS, RR, SP or PP; given the factors, only progressive or not tells of severity."""
        progressive = self.progressive
        early = 0.8 * self.duration_factor + 0.6 * self.onset_noise
        rest = 1.0 - self.site.progressive_share
        isolated = ~progressive & (early < special.ndtri(self.site.cis_share / rest))
        primary = progressive & (self.primary_rank < self.site.primary_share)
        return np.select([primary, progressive, isolated], ["PP", "SP", "CIS"], "RR")

    @property
    def score(self) -> Vector:
        """EDSS, or PDDS where the site records that."""
        return score_disability(self.severity, site=self.site, report_noise=self.report_noise)

    @property
    def damage_sum_sd(self) -> float:
        """Standard deviation of the sum of the damage factors."""
        k = len(DAMAGE_FACTORS)
        return float(np.sqrt((k * self.loading) ** 2 + k * (1.0 - self.loading**2)))


def course_threshold(site: Site) -> float:
    """Latent value above which a patient of `site` is progressive."""
    return float(special.ndtri(1.0 - site.progressive_share))


def draw_clinic(n_patients: int, *, site: Site, seed: int, loading: float = 0.35) -> Clinic:
    """Draw the patients of one site.

    Every variable has its own stream, so the first patients are the same however many follow.

    Parameters
    ----------
    n_patients : int
    site : Site
    seed : int
    loading : float
        How strongly each damage factor hangs on severity (l), in 0..1.

    Returns
    -------
    Clinic

    Raises
    ------
    InputError
        If `n_patients` is negative or `loading` is not in 0..1.
    """
    if n_patients < 0:
        raise InputError(f"the number of patients is {n_patients}", expected="zero or more")
    if not 0.0 <= loading <= 1.0:
        raise InputError(f"the loading of damage on severity is {loading}", expected="0 to 1")

    def normal(*names: str, columns: int = 0) -> npt.NDArray[np.float64]:
        rng = make_rng(seed, "clinic", site.name, *names)
        shape = (n_patients, columns) if columns else (n_patients,)
        return rng.standard_normal(shape)

    age = normal("age")
    rho = AGE_DURATION_CORRELATION
    return Clinic(
        site=site,
        years=np.zeros(n_patients),
        loading=loading,
        age_factor=age,
        duration_factor=rho * age + np.sqrt(1.0 - rho**2) * normal("duration"),
        severity_noise=normal("severity"),
        damage_noise=normal("damage", columns=len(DAMAGE_FACTORS)),
        course_noise=normal("course"),
        onset_noise=normal("onset"),
        primary_rank=special.ndtr(normal("primary")),
        report_noise=normal("report"),
        load_noise=normal("load"),
        female=special.ndtr(normal("sex")) < site.female_share,
    )


def follow_clinic(clinic: Clinic, years: Vector, *, visit: str, seed: int) -> Clinic:
    """Let the same patients come back.

    Age and duration move on, and with them severity, course and damage; the part of severity
    that they do not explain drifts from visit to visit as a stationary process, so the oracle of
    the first visit holds for every visit.

    Parameters
    ----------
    clinic : Clinic
        The visit before.
    years : ndarray, shape (n,), float64
        Years since then.
    visit : str
        Name of the visit, for its seeds.
    seed : int

    Returns
    -------
    Clinic
    """
    site = clinic.site
    years_before = stats.gamma.ppf(
        special.ndtr(clinic.duration_factor), site.duration_shape, scale=site.duration_scale_years
    )
    share = stats.gamma.cdf(
        years_before + years, site.duration_shape, scale=site.duration_scale_years
    )
    memory = np.exp(-years / SEVERITY_MEMORY_YEARS)
    rng = make_rng(seed, "clinic", site.name, "follow", visit)
    fresh = rng.standard_normal(years.shape)
    return replace(
        clinic,
        years=clinic.years + years,
        age_factor=clinic.age_factor + years / site.age_sd_years,
        duration_factor=special.ndtri(np.clip(share, 1e-9, 1.0 - 1e-9)),
        severity_noise=memory * clinic.severity_noise + np.sqrt(1.0 - memory**2) * fresh,
    )
