import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mslens.core.errors import InputError
from mslens.stats.icc import FORMS, intraclass_correlation

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
)
TABLES = arrays(
    np.float64, st.tuples(st.integers(3, 8), st.integers(2, 5)), elements=st.floats(-100, 100)
)


def test_the_table_of_shrout_and_fleiss():
    found = intraclass_correlation(SHROUT_FLEISS)
    published = [0.1657, 0.2898, 0.7148, 0.4428, 0.6201, 0.9093]
    assert found.estimate == pytest.approx(published, abs=5e-5)
    assert found.lower[1] == pytest.approx(0.0188, abs=5e-5)
    assert found.upper[1] == pytest.approx(0.7611, abs=5e-5)


@pytest.mark.data
def test_everything_equals_the_psych_package(data_dir):
    root = data_dir / "reference_stats"
    table = pd.read_csv(root / "shrout_fleiss_1979.csv").to_numpy(float)
    expected = pd.read_csv(root / "shrout_fleiss_icc_psych.csv")
    found = intraclass_correlation(table)
    assert found.estimate == pytest.approx(expected["ICC"], abs=1e-12)
    assert found.lower == pytest.approx(expected["lower bound"], abs=1e-12)
    assert found.upper == pytest.approx(expected["upper bound"], abs=1e-12)
    assert found.f == pytest.approx(expected["F"], rel=1e-12)
    assert found.p == pytest.approx(expected["p"], rel=1e-10)


def test_a_known_reliability_is_found():
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 3, (20_000, 1))
    values = truth + rng.normal(0, 1, (20_000, 2))
    assert intraclass_correlation(values).estimate[:3] == pytest.approx([0.9] * 3, abs=5e-3)


def test_a_shift_between_measurements_lowers_agreement_not_consistency():
    rng = np.random.default_rng(1)
    values = rng.normal(0, 3, (200, 1)) + rng.normal(0, 0.3, (200, 2)) + np.array([0, 5.0])
    found = dict(zip(FORMS, intraclass_correlation(values).estimate, strict=True))
    assert found["ICC(3,1)"] > 0.98
    assert found["ICC(2,1)"] < 0.6


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(2)
    rater = rng.normal(0, 0.5, (1, 4, 4000))
    values = rng.normal(0, 2, (15, 1, 4000)) + rater + rng.normal(0, 1, (15, 4, 4000))
    found = intraclass_correlation(values)
    truth = [4 / (4 + 0.25 + 1), 4 / (4 + 1)]
    for form, icc in ((1, truth[0]), (2, truth[1])):
        covered = (found.lower[form] <= icc) & (icc <= found.upper[form])
        assert covered.mean() == pytest.approx(0.95, abs=0.02)


def test_features_do_not_depend_on_their_neighbours_or_on_blocks():
    values = np.random.default_rng(3).normal(size=(10, 3, 9000))
    together = intraclass_correlation(values)
    for feature in (0, 8191, 8192, 8999):
        alone = intraclass_correlation(values[:, :, feature])
        assert alone.estimate == pytest.approx(together.estimate[:, feature], rel=1e-12)
        assert alone.lower == pytest.approx(together.lower[:, feature], rel=1e-12)


@given(TABLES, st.floats(-50, 50), st.floats(0.1, 10))
def test_estimates_are_bounded_and_do_not_depend_on_units(table, shift, scale):
    found = intraclass_correlation(table)
    if np.ptp(table) < 1e-3:
        return
    valid = np.isfinite(found.estimate)
    # Two-way random averages have a denominator that may be negative: they know no bound.
    bounded = valid & (np.arange(6) != 4)
    assert (found.estimate[bounded] <= 1 + 1e-9).all()
    for form in (0, 2):
        if np.isfinite(found.lower[form]):
            assert found.lower[form] <= found.estimate[form] + 1e-7
            assert found.upper[form] >= found.estimate[form] - 1e-7
    again = intraclass_correlation(scale * table + shift).estimate
    steady = valid[:3] & np.isfinite(again[:3]) & (np.abs(found.estimate[:3]) < 10)
    assert again[:3][steady] == pytest.approx(found.estimate[:3][steady], abs=1e-4)


def test_rounding_is_not_taken_for_variance():
    table = np.tile([0.1, 1.3, 1.3], (4, 1))
    for shift in (0.0, 1.0, 33.3):
        found = intraclass_correlation(table + shift)
        assert np.isnan(found.estimate[2])
        assert found.estimate[1] == pytest.approx(0.0)
    crossed = np.array([[0.0, 1.25], [1.25, 0.0], [1.25, 1.25]])
    assert np.isnan(intraclass_correlation(crossed).estimate[4])


def test_perfect_agreement_and_nothing_to_agree_on():
    rows = np.repeat(np.arange(5.0)[:, None], 2, axis=1)
    found = intraclass_correlation(rows)
    assert found.estimate == pytest.approx(1)
    assert found.lower == pytest.approx(1)
    flat = intraclass_correlation(np.full((5, 2), 3.0))
    assert np.isnan(flat.estimate).all()
    with_nan = rows.copy()
    with_nan[0, 0] = np.nan
    assert np.isnan(intraclass_correlation(with_nan).estimate).all()


def test_without_intervals_the_estimates_are_the_same():
    quick = intraclass_correlation(SHROUT_FLEISS, intervals=False)
    assert (quick.estimate == intraclass_correlation(SHROUT_FLEISS).estimate).all()
    assert np.isnan(quick.lower).all()


def test_tables_that_are_too_small_are_refused():
    with pytest.raises(InputError, match="two subjects"):
        intraclass_correlation(np.zeros((1, 3)))
    with pytest.raises(InputError, match="two subjects"):
        intraclass_correlation(np.zeros((5, 1)))
    with pytest.raises(InputError, match="confidence"):
        intraclass_correlation(np.zeros((5, 2)), confidence=95)
