import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.report.robust_z import robust_z

FINITE = st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=30)


def test_a_worked_example():
    # Median 5, absolute deviations 4 3 2 1 0 1 2 3 95, their median 2.
    z = robust_z([1, 2, 3, 4, 5, 6, 7, 8, 100])
    assert z[-1] == pytest.approx(95 / (1.4826 * 2))
    assert z[0] == pytest.approx(-4 / (1.4826 * 2))


def test_normal_values_have_the_spread_of_a_z_score():
    values = np.random.default_rng(0).normal(50, 7, 20_000)
    assert robust_z(values).std() == pytest.approx(1, abs=0.02)


@given(FINITE, st.floats(-100, 100), st.floats(0.1, 50))
def test_scores_do_not_depend_on_the_unit(values, shift, scale):
    rounded = np.round(values, 3)
    moved = robust_z(rounded * scale + shift)
    np.testing.assert_allclose(moved, robust_z(rounded), rtol=1e-4, atol=1e-4)


def test_on_a_logarithmic_scale_a_skewed_measure_has_fewer_outliers():
    loads = np.random.default_rng(1).lognormal(1.5, 1.0, 500)
    plain = np.abs(robust_z(loads)) > 3.5
    logged = np.abs(robust_z(loads, log=True)) > 3.5
    assert logged.sum() < 5 < plain.sum()


def test_missing_values_stay_missing_and_do_not_count():
    z = robust_z([1, 2, 3, 4, 5, 6, 7, 8, np.nan])
    assert np.isnan(z[-1])
    assert np.isfinite(z[:-1]).all()


@pytest.mark.parametrize("values", [[], [1.0] * 7, [3.0] * 20, [np.nan] * 20])
def test_too_few_values_or_no_spread_give_no_score(values):
    assert np.isnan(robust_z(values)).all()
