import numpy as np
from scipy import stats

from mslens.simulate.disability import expect_disability, score_disability
from mslens.simulate.sites import EDSS_VALUES, SITES


def test_edss_rises_with_severity_and_takes_only_its_values():
    severity = np.linspace(-6, 6, 500)
    edss = score_disability(severity, site=SITES["site1"], report_noise=np.zeros(500))
    assert (np.diff(edss) >= 0).all()
    assert set(edss) <= set(EDSS_VALUES)
    assert 0.5 not in edss
    assert (edss[0], edss[-1]) == (0.0, 9.5)


def test_an_examiner_does_not_see_the_report_noise():
    severity = np.linspace(-2, 2, 50)
    quiet, loud = (
        score_disability(severity, site=SITES["site1"], report_noise=np.full(50, x)) for x in (0, 3)
    )
    np.testing.assert_array_equal(quiet, loud)


def test_pdds_and_edss_of_one_person_rank_alike_as_published():
    rng = np.random.default_rng(0)
    severity, noise = rng.standard_normal((2, 20_000))
    edss = score_disability(severity, site=SITES["site1"], report_noise=noise)
    pdds = score_disability(severity, site=SITES["site4"], report_noise=noise)
    assert 0.72 < stats.spearmanr(edss, pdds).statistic < 0.84


def test_the_expectation_is_the_mean_over_reports():
    rng = np.random.default_rng(1)
    site = SITES["site4"]
    expected, reached = expect_disability(np.array([0.4]), site=site, threshold=3.0)
    draws = score_disability(
        np.full(200_000, 0.4), site=site, report_noise=rng.standard_normal(200_000)
    )
    assert abs(expected[0] - draws.mean()) < 0.05
    assert abs(reached[0] - (draws >= 3).mean()) < 0.05
