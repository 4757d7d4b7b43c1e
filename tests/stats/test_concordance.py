import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError
from mslens.stats.concordance import concordance_interval, measure_concordance
from mslens.stats.correlation import correlate


def test_by_hand():
    # x variance 2/3, y variance 2/3, covariance 2/3, means 2 and 3.
    assert measure_concordance([1, 2, 3], [2, 3, 4]) == pytest.approx((4 / 3) / (4 / 3 + 1))


def test_identity_is_one_and_a_bias_costs():
    x = np.random.default_rng(0).normal(size=50)
    assert measure_concordance(x, x) == pytest.approx(1.0)
    assert measure_concordance(x, x + 1) < 0.75
    assert correlate(x, x + 1) == pytest.approx(1.0)


@given(st.integers(0, 2**32 - 1))
def test_never_exceeds_the_correlation_and_is_symmetric(seed):
    x, y = np.random.default_rng(seed).normal(size=(2, 15))
    c = measure_concordance(x, y)
    assert abs(c) <= abs(correlate(x, y)) + 1e-12
    assert measure_concordance(y, x) == pytest.approx(c)


def test_many_models_at_once():
    rng = np.random.default_rng(1)
    y, predictions = rng.normal(size=30), rng.normal(size=(4, 30))
    together = measure_concordance(y, predictions)
    np.testing.assert_allclose(together, [measure_concordance(y, row) for row in predictions])


def test_interval_covers_the_truth():
    rng = np.random.default_rng(2)
    truth = 2 * 0.8 / (1 + 1 + 0.25)
    hits = []
    for _ in range(400):
        x = rng.normal(size=60)
        y = 0.8 * x + 0.6 * rng.normal(size=60) + 0.5
        low, high = concordance_interval(x, y)
        hits.append(low < truth < high)
    assert 0.92 < np.mean(hits) < 0.98


def test_constant_against_itself_is_undefined():
    assert np.isnan(measure_concordance([1.0, 1.0], [1.0, 1.0]))
    with pytest.raises(InputError, match="not defined"):
        concordance_interval([1.0, 1.0, 1.0], [1.0, 2.0, 3.0])
