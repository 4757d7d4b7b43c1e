"""A cohort as tables: participants, their visits, and the latent truth of every visit."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, field_validator

from mslens.core.arrays import MaskArray
from mslens.core.errors import SettingsError
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.simulate.clinic import DAMAGE_FACTORS, Clinic, draw_clinic, follow_clinic
from mslens.simulate.controls import draw_controls
from mslens.simulate.lesion_load import LARGEST_LOAD_ML, assign_lesion_load
from mslens.simulate.oracle import ask_oracle
from mslens.simulate.sites import Site, choose_site

_FIRST_SCAN = datetime.date(2015, 1, 5)
_SCAN_PERIOD_DAYS = 1800
_DAYS_PER_YEAR = 365.25
#: Visits after the first of a patient who comes back (63 scans of 33 patients in Coll 2023).
_EXTRA_VISITS_MEAN = 63 / 33


class CohortSettings(Settings):
    """Who is simulated.

    Parameters
    ----------
    n_patients, n_controls : int
        Shared out among the sites by the size of their published cohorts.
    sites : tuple of str
        Names of `mslens.simulate.sites.SITES`.
    seed : int
    loading : float
        How strongly each damage factor hangs on severity.
    confounded : bool
        Whether the scanner hangs on disability where the site's published table says so.
    n_visits : int
        Visits of every patient and control.
    visit_interval_years : float
        Mean time between two visits.
    repeated : bool
        Whether some patients come back as at the site, beyond `n_visits`.
    n_returning : int, optional
        So many patients of the first site come once more than `n_visits`; default: none.
    age_range_years : tuple of float, optional
        Youngest and oldest, controls as well, at the first visit; default: the site's own.
    lesion_load_ml : tuple of float, optional
        Mean and standard deviation of the lesion volume; default: the site's own.
    """

    n_patients: int = Field(default=24, ge=0, le=100_000)
    n_controls: int = Field(default=0, ge=0, le=100_000)
    sites: tuple[str, ...] = ("site1", "site2")
    seed: int = 0
    loading: float = Field(default=0.35, ge=0, le=1)
    confounded: bool = True
    n_visits: int = Field(default=1, ge=1, le=20)
    visit_interval_years: float = Field(default=1.0, gt=0, le=20)
    repeated: bool = True
    n_returning: int | None = Field(default=None, ge=0)
    age_range_years: tuple[float, float] | None = None
    lesion_load_ml: tuple[float, float] | None = None

    @field_validator("sites")
    @classmethod
    def _sites_are_known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or len(set(value)) != len(value):
            raise ValueError("name each site once, and at least one")
        return value

    @field_validator("age_range_years")
    @classmethod
    def _ages_are_possible(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and not 12 <= value[0] < value[1] <= 100:
            raise ValueError("ages must be 12 <= youngest < oldest <= 100 years")
        return value

    @field_validator("lesion_load_ml")
    @classmethod
    def _load_is_possible(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and not (value[0] > 0 and value[1] > 0):
            raise ValueError("mean and standard deviation of the lesion load must be above 0 ml")
        if value is not None and value[0] >= LARGEST_LOAD_ML:
            raise ValueError(
                f"white matter holds less than {LARGEST_LOAD_ML:g} ml of lesions, so their mean"
                " must be smaller"
            )
        return value


@dataclass(frozen=True, eq=False)
class Cohort:
    """Tables of a cohort.

    Parameters
    ----------
    participants : DataFrame
        One row per person, the chart of the first visit: participant_id, age, sex, group, course,
        disease_duration_years, edss, pdds, site, scanner.
    sessions : DataFrame
        One row per visit: participant_id, session_id, scan_date, examination_date and the chart.
    latent : DataFrame
        One row per visit: the truth (severity, factors, damage_*, target_lesion_load_ml) and the
        oracle's prediction (oracle_score, oracle_disabled).
    """

    participants: pd.DataFrame
    sessions: pd.DataFrame
    latent: pd.DataFrame


def simulate_cohort(settings: CohortSettings) -> Cohort:
    """Draw a cohort.

    Parameters
    ----------
    settings : CohortSettings

    Returns
    -------
    Cohort

    Raises
    ------
    UnknownName
        If a site is unknown.
    """
    sites = [_adapted(choose_site(name), settings) for name in settings.sites]
    patients = _share_out(settings.n_patients, sites)
    controls = _share_out(settings.n_controls, sites)
    charts, truths = [], []
    for number, site in enumerate(sites):
        for chart, truth in (
            *_patient_visits(site, patients[number], settings),
            *_control_visits(site, controls[number], settings),
        ):
            charts.append(chart)
            truths.append(truth)
    order = ["participant_id", "session_id"]
    sessions = pd.concat(charts, ignore_index=True).sort_values(order, ignore_index=True)
    latent = pd.concat(truths, ignore_index=True).sort_values(order, ignore_index=True)
    first = sessions.drop_duplicates("participant_id")
    columns = [*_CHART, "site", "scanner"]
    participants = first[["participant_id", *columns]].reset_index(drop=True)
    return Cohort(participants=participants, sessions=sessions, latent=latent)


def draw_clinics(settings: CohortSettings) -> tuple[Clinic, ...]:
    """Draw the patients of `simulate_cohort` as clinics, one per site, at their first visit.

    Parameters
    ----------
    settings : CohortSettings

    Returns
    -------
    tuple of Clinic
        In the order of the sites; patient i of a site is its participant ``...P000i``.
    """
    sites = [_adapted(choose_site(name), settings) for name in settings.sites]
    return tuple(
        draw_clinic(n, site=site, seed=settings.seed, loading=settings.loading)
        for site, n in zip(sites, _share_out(settings.n_patients, sites), strict=True)
    )


def name_patients(site: Site, n_patients: int) -> npt.NDArray[np.str_]:
    """Participant labels of a site's patients, with ``sub-``."""
    return np.array([f"sub-{site.name.capitalize()}P{i + 1:04d}" for i in range(n_patients)])


_CHART = ("age", "sex", "group", "course", "disease_duration_years", "edss", "pdds")


def _adapted(site: Site, settings: CohortSettings) -> Site:
    if settings.age_range_years is not None:
        site = replace(site, asked_age_range_years=settings.age_range_years)
    if settings.lesion_load_ml is not None:
        mean, sd = settings.lesion_load_ml
        site = replace(site, lesion_load=replace(site.lesion_load, mean_ml=mean, sd_ml=sd))
    return site


def _share_out(total: int, sites: list[Site]) -> list[int]:
    """Largest remainders, but nobody's share is empty while there are people for all."""
    weight = np.array([site.weight for site in sites], dtype=float)
    exact = total * weight / weight.sum()
    share = np.floor(exact).astype(int)
    for index in np.argsort(share - exact, kind="stable")[: total - share.sum()]:
        share[index] += 1
    for index in np.flatnonzero(share == 0):
        if total >= len(sites):
            share[index] += 1
            share[np.argmax(share)] -= 1
    return [int(n) for n in share]


def _patient_visits(
    site: Site, n_patients: int, settings: CohortSettings
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    clinic = first = draw_clinic(
        n_patients, site=site, seed=settings.seed, loading=settings.loading
    )
    ids = name_patients(site, n_patients)
    load = assign_lesion_load(first, load=site.lesion_load)
    n_visits = _count_visits(first, settings)
    dates = _scan_dates(ids, settings)
    tables = []
    for visit in range(1, int(n_visits.max(initial=0)) + 1):
        if visit > 1:
            interval = _intervals(ids, visit, settings)
            clinic = follow_clinic(clinic, interval, visit=str(visit), seed=settings.seed)
        here = n_visits >= visit
        chart, truth = _describe_patients(clinic, ids, visit, settings)
        chart = _with_dates(chart, dates, clinic.years, site, settings)
        truth["target_lesion_load_ml"] = load
        tables.append((chart[here], truth[here]))
    return tables


def _count_visits(first: Clinic, settings: CohortSettings) -> npt.NDArray[np.int64]:
    n = len(first.female)
    count = np.full(n, settings.n_visits)
    if first.site.name == settings.sites[0]:
        count[: settings.n_returning or 0] += 1
    if settings.repeated:
        rng = make_rng(settings.seed, "visits", first.site.name)
        back, extra = rng.random((2, n))
        share = np.where(first.score >= 3.0, first.site.repeat_share[1], first.site.repeat_share[0])
        # A geometric number of further visits, at least one, with the published mean.
        stay = 1.0 - 1.0 / _EXTRA_VISITS_MEAN
        more = np.ceil(np.log1p(-extra) / np.log(stay)).clip(1, 6).astype(int)
        count = count + np.where(back < share, more, 0)
    return count


def _describe_patients(
    clinic: Clinic,
    ids: npt.NDArray[np.str_],
    visit: int,
    settings: CohortSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    score = clinic.score
    missing = np.full(len(ids), np.nan)
    key = {"participant_id": ids, "session_id": f"ses-{visit}"}
    chart = pd.DataFrame(
        {
            **key,
            "age": np.round(clinic.age_years, 1),
            "sex": np.where(clinic.female, "F", "M"),
            "group": "patient",
            "course": clinic.course,
            "disease_duration_years": np.round(clinic.duration_years, 1),
            "edss": score if clinic.site.score == "edss" else missing,
            "pdds": score if clinic.site.score == "pdds" else missing,
            "site": clinic.site.name,
            "scanner": _assign_scanners(clinic.site, score >= 3.0, visit, settings),
        }
    )
    oracle = ask_oracle(clinic)
    truth = pd.DataFrame(
        {
            **key,
            "years_since_first_visit": clinic.years,
            "severity": clinic.severity,
            "age_factor": clinic.age_factor,
            "duration_factor": clinic.duration_factor,
            **{f"damage_{k}": clinic.damage[:, i] for i, k in enumerate(DAMAGE_FACTORS)},
            "oracle_score": oracle.score,
            "oracle_disabled": oracle.disabled,
        }
    )
    return chart, truth


def _assign_scanners(
    site: Site, disabled: MaskArray, visit: int, settings: CohortSettings
) -> npt.NDArray[np.str_]:
    names = np.array(list(site.scanners))
    percent = np.array(list(site.scanners.values())).T
    if not settings.confounded:
        percent = np.repeat(percent.mean(axis=0, keepdims=True), 2, axis=0)
    cumulative = np.cumsum(percent / percent.sum(axis=1, keepdims=True), axis=1)
    draw = make_rng(settings.seed, "scanner", site.name, str(visit)).random(len(disabled))
    index = (draw[:, None] >= cumulative[disabled.astype(int)]).sum(axis=1)
    return names[np.minimum(index, len(names) - 1)]


def _control_visits(
    site: Site, n_controls: int, settings: CohortSettings
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    people = draw_controls(n_controls, site=site, seed=settings.seed)
    ids = np.array([f"sub-{site.name.capitalize()}C{i + 1:04d}" for i in range(n_controls)])
    dates = _scan_dates(ids, settings)
    years = np.zeros(n_controls)
    tables = []
    for visit in range(1, settings.n_visits + 1 if n_controls else 1):
        if visit > 1:
            years = years + _intervals(ids, visit, settings)
        key = {"participant_id": ids, "session_id": f"ses-{visit}"}
        chart = pd.DataFrame(
            {
                **key,
                "age": np.round(people.age_years + years, 1),
                "sex": np.where(people.female, "F", "M"),
                "group": "control",
                "course": None,
                "disease_duration_years": np.nan,
                "edss": np.nan,
                "pdds": np.nan,
                "site": site.name,
                "scanner": _assign_scanners(site, np.zeros(n_controls, bool), visit, settings),
            }
        )
        truth = pd.DataFrame(
            {
                **key,
                "years_since_first_visit": years,
                **{f"damage_{k}": people.damage[:, i] for i, k in enumerate(DAMAGE_FACTORS)},
                "target_lesion_load_ml": 0.0,
            }
        )
        tables.append((_with_dates(chart, dates, years, site, settings), truth))
    return tables


def _scan_dates(ids: npt.NDArray[np.str_], settings: CohortSettings) -> npt.NDArray[np.int64]:
    days = [make_rng(settings.seed, "date", i).integers(_SCAN_PERIOD_DAYS) for i in ids]
    return np.array(days, dtype=np.int64)


def _intervals(
    ids: npt.NDArray[np.str_], visit: int, settings: CohortSettings
) -> npt.NDArray[np.float64]:
    draws = [make_rng(settings.seed, "interval", i, str(visit)).uniform(0.8, 1.2) for i in ids]
    return settings.visit_interval_years * np.array(draws, dtype=np.float64)


def _with_dates(
    chart: pd.DataFrame,
    first_day: npt.NDArray[np.int64],
    years: npt.NDArray[np.float64],
    site: Site,
    settings: CohortSettings,
) -> pd.DataFrame:
    low, high = site.examination_days
    scans, examinations = [], []
    for person, session, day, later in zip(
        chart["participant_id"], chart["session_id"], first_day, years, strict=True
    ):
        rng = make_rng(settings.seed, "examination", person, session)
        scan = _FIRST_SCAN + datetime.timedelta(days=int(day + round(later * _DAYS_PER_YEAR)))
        scans.append(scan.isoformat())
        gap = int(rng.integers(low, high + 1))
        examinations.append((scan + datetime.timedelta(days=gap)).isoformat())
    chart.insert(2, "scan_date", scans)
    chart.insert(3, "examination_date", examinations)
    return chart


def require_settings(cohort: CohortSettings) -> None:
    """Check what needs the table of sites; raised early so that nothing is written before.

    Raises
    ------
    UnknownName
        If a site is unknown.
    SettingsError
        If nobody is to be simulated, or more are to come back than there are.
    """
    sites = [choose_site(name) for name in cohort.sites]
    if cohort.n_patients + cohort.n_controls == 0:
        raise SettingsError(
            "neither patients nor controls are asked for", cure="Set n_patients to 1 or more"
        )
    at_first_site = _share_out(cohort.n_patients, sites)[0]
    if (cohort.n_returning or 0) > at_first_site:
        raise SettingsError(
            f"n_returning is {cohort.n_returning}, but {sites[0].name} has {at_first_site}"
            f" of the {cohort.n_patients} patients",
            expected=f"0 to {at_first_site}",
            cure="Ask for fewer or for more patients",
        )
