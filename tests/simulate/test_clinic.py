"""The clinic against the published cohorts: everything within Monte-Carlo error."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mslens.core.errors import InputError
from mslens.simulate.clinic import (
    DAMAGE_FACTORS,
    SEVERITY_MEMORY_YEARS,
    YOUNGEST_ONSET_YEARS,
    Clinic,
    draw_clinic,
    follow_clinic,
)
from mslens.simulate.sites import SITES

N = 40_000


@pytest.fixture(scope="module")
def site1() -> Clinic:
    return draw_clinic(N, site=SITES["site1"], seed=11)


@pytest.fixture(scope="module")
def site2() -> Clinic:
    return draw_clinic(N, site=SITES["site2"], seed=11)


def test_site_1_has_the_published_disability(site1):
    assert np.median(site1.score) == 2.5
    assert np.quantile(site1.score, [0.25, 0.75]).tolist() == [2.0, 4.0]
    assert site1.score.std() == pytest.approx(1.61, abs=0.03)
    assert (site1.score >= 3).mean() == pytest.approx(0.49, abs=0.01)


def test_site_2_has_the_published_disability(site2):
    assert np.median(site2.score) == 2.0
    assert np.quantile(site2.score, [0.25, 0.75]).tolist() == [1.5, 4.0]
    assert site2.score.std() == pytest.approx(1.85, abs=0.03)


def test_the_share_of_every_score_is_the_sites(site1):
    percent = np.asarray(SITES["site1"].score_percent)
    values = np.concatenate([[0.0], np.arange(1.0, 9.6, 0.5)])
    observed = (site1.score[:, None] == values).sum(axis=0)
    # 19 classes: the 99.9% quantile of chi square with 18 degrees of freedom.
    assert stats.chisquare(observed, N * percent / percent.sum()).statistic < 42.3


def test_age_sex_duration_and_course_follow_the_published_table(site1, site2):
    assert site1.age_years.mean() == pytest.approx(37.5, abs=0.4)
    assert site1.age_years.std() == pytest.approx(10.9, abs=0.6)
    assert (site1.age_years.min(), site1.age_years.max()) == (18.0, 70.0)
    assert site1.duration_years.mean() == pytest.approx(9.3, abs=0.25)
    assert site1.duration_years.std() == pytest.approx(8.1, abs=0.5)
    assert site1.female.mean() == pytest.approx(0.70, abs=0.01)
    assert site2.female.mean() == pytest.approx(0.77, abs=0.01)
    assert (site1.course == "SP").mean() == pytest.approx(0.144, abs=0.008)
    assert (site2.course == "SP").mean() == pytest.approx(0.192, abs=0.008)
    assert set(site1.course) == {"RR", "SP"}


def test_progressive_patients_are_as_disabled_as_published(site1):
    assert 5.0 <= np.median(site1.score[site1.progressive]) <= 6.0
    assert np.median(site1.score[~site1.progressive]) == 2.5


def test_severity_and_damage_have_the_stated_moments(site1):
    correlation = np.corrcoef(
        [site1.age_factor, site1.duration_factor, site1.severity, *site1.damage.T]
    )
    assert correlation[0, 1] == pytest.approx(0.45, abs=0.02)
    assert correlation[2, 0] == pytest.approx(0.30 + 0.20 * 0.45, abs=0.02)
    np.testing.assert_allclose(correlation[2, 3:], 0.35, atol=0.02)
    np.testing.assert_allclose(site1.damage.std(axis=0), 1.0, atol=0.02)
    assert site1.severity.std() == pytest.approx(1.0, abs=0.02)
    assert site1.damage.shape == (N, len(DAMAGE_FACTORS))
    assert site1.damage.sum(axis=1).std() == pytest.approx(site1.damage_sum_sd, rel=0.02)


def test_isolated_and_primary_progressive_courses_come_where_the_site_has_them():
    site3 = draw_clinic(N, site=SITES["site3"], seed=2)
    assert (site3.course == "CIS").mean() == pytest.approx(0.39, abs=0.05)
    isolated, relapsing = site3.course == "CIS", site3.course == "RR"
    assert site3.duration_years[isolated].mean() < 0.6 * site3.duration_years[relapsing].mean()
    site5 = draw_clinic(N, site=SITES["site5"], seed=2)
    assert (site5.course == "PP").mean() == pytest.approx(0.25 * 0.35, abs=0.01)


def test_site_3_and_the_patient_reported_site_split_as_published():
    site3 = draw_clinic(N, site=SITES["site3"], seed=4).score
    assert (site3 >= 3).mean() == pytest.approx(104 / 319, abs=0.01)
    assert [np.median(site3), np.median(site3[site3 < 3]), np.median(site3[site3 >= 3])] == [
        2,
        1.5,
        4,
    ]
    pdds = draw_clinic(N, site=SITES["site4"], seed=4).score
    assert (pdds >= 3).mean() == pytest.approx(0.5, abs=0.01)
    assert np.median(pdds[pdds >= 3]) == 5
    assert 0 <= np.median(pdds[pdds < 3]) <= 1
    assert pdds.max() <= 8


def test_patients_stay_the_same_when_more_are_drawn():
    few, many = (draw_clinic(n, site=SITES["site2"], seed=9) for n in (7, 30))
    np.testing.assert_array_equal(few.severity, many.severity[:7])
    np.testing.assert_array_equal(few.damage, many.damage[:7])
    np.testing.assert_array_equal(few.score, many.score[:7])
    other = draw_clinic(7, site=SITES["site2"], seed=10)
    assert not np.array_equal(few.severity, other.severity)


def test_duration_never_exceeds_what_age_allows(site1):
    assert (site1.age_years - site1.duration_years).min() >= YOUNGEST_ONSET_YEARS


def test_a_visit_years_later_is_the_same_person_older_and_a_little_worse(site1):
    years = np.full(N, 5.0)
    later = follow_clinic(site1, years, visit="2", seed=11)
    np.testing.assert_allclose(later.age_years - site1.age_years, 5.0, atol=1e-9)
    assert (later.duration_years - site1.duration_years).min() > -1e-6
    assert np.corrcoef(later.severity, site1.severity)[0, 1] > 0.85
    assert later.score.mean() > site1.score.mean() + 0.1
    np.testing.assert_array_equal(later.damage_noise, site1.damage_noise)


def test_severity_drifts_as_much_from_the_ninth_visit_to_the_tenth_as_at_first(site1):
    visits, year = [site1], np.ones(N)
    for number in range(2, 11):
        visits.append(follow_clinic(visits[-1], year, visit=str(number), seed=11))
    steps = [np.std(b.severity_noise - a.severity_noise) for a, b in itertools.pairwise(visits)]
    expected = np.sqrt(2 * (1 - np.exp(-1 / SEVERITY_MEMORY_YEARS)))
    np.testing.assert_allclose(steps, expected, rtol=0.04)
    assert visits[-1].severity_noise.std() == pytest.approx(1.0, abs=0.03)
    np.testing.assert_allclose(visits[-1].age_years - site1.age_years, 9.0, atol=1e-9)


def test_no_time_changes_nobody(site1):
    same = follow_clinic(site1, np.zeros(N), visit="2", seed=11)
    np.testing.assert_allclose(same.severity, site1.severity, atol=1e-6)


@pytest.mark.parametrize(("n", "loading"), [(-1, 0.35), (3, 1.2), (3, -0.1)])
def test_impossible_requests_are_refused(n, loading):
    with pytest.raises(InputError, match="Expected"):
        draw_clinic(n, site=SITES["site1"], seed=0, loading=loading)


def test_no_patients_is_an_empty_clinic():
    empty = draw_clinic(0, site=SITES["site1"], seed=0)
    assert empty.score.shape == (0,)
    assert empty.course.shape == (0,)


def test_the_site_clips_the_ages():
    young = replace(SITES["site1"], age_range_years=(20.0, 30.0))
    ages = draw_clinic(500, site=young, seed=0).age_years
    assert (ages.min(), ages.max()) == (20.0, 30.0)


@pytest.mark.parametrize("limits", [(20.0, 30.0), (30.0, 60.0), (65.0, 80.0)])
def test_no_age_piles_up_on_a_limit_that_was_asked_for(limits):
    site = replace(SITES["site1"], asked_age_range_years=limits)
    clinic = draw_clinic(2000, site=site, seed=0)
    ages = clinic.age_years
    assert limits[0] < ages.min() < ages.max() < limits[1]
    assert len(np.unique(ages)) == 2000
    assert (np.diff(ages[np.argsort(clinic.age_factor)]) >= 0).all()
