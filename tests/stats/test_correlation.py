import numpy as np
import pytest

from mslens.stats.correlation import correlate, correlation_interval


def test_is_numpy_for_many_rows():
    rng = np.random.default_rng(0)
    y, rows = rng.normal(size=20), rng.normal(size=(3, 20))
    expected = [np.corrcoef(y, row)[0, 1] for row in rows]
    np.testing.assert_allclose(correlate(y, rows), expected)


def test_a_constant_has_no_correlation():
    assert np.isnan(correlate([0.1] * 7, np.arange(7)))
    np.testing.assert_array_equal(
        np.isnan(correlate(np.arange(3), [[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])), [False, True]
    )


def test_interval_of_a_textbook_case():
    # r = .5, n = 28: z = .5493 -+ 1.96 / 5.
    low, high = correlation_interval(0.5, 28)
    assert (low, high) == (pytest.approx(0.1559, abs=2e-3), pytest.approx(0.7357, abs=2e-3))


def test_three_pairs_say_nothing():
    assert correlation_interval(0.9, 3) == (-1.0, 1.0)
    assert correlation_interval(1.0, 30) == (1.0, 1.0)
