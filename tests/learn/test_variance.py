import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.learn.variance import RangeScaledVariance


def test_by_hand():
    # Scaled to 0, .5, 1: variance 1/6; one outlier of ten: .09; constant: 0.
    X = np.column_stack([np.r_[0, 5, 10, [5] * 7], np.r_[np.zeros(9), 1.0], np.ones(10)])
    selector = RangeScaledVariance().fit(X)
    np.testing.assert_allclose(selector.variances_, [0.05, 0.09, 0.0])
    assert selector.get_support().tolist() == [True, True, False]
    assert RangeScaledVariance(0.06).fit(X).get_support().tolist() == [False, True, False]


def test_units_do_not_matter():
    X = np.random.default_rng(0).gamma(0.3, size=(50, 40))
    scaled = X * np.geomspace(1e-6, 1e6, 40) - 100
    a, b = RangeScaledVariance(0.03).fit(X), RangeScaledVariance(0.03).fit(scaled)
    np.testing.assert_allclose(a.variances_, b.variances_, rtol=1e-6)
    assert 0 < a.get_support().sum() < 40


def test_a_threshold_of_zero_drops_only_constant_columns():
    X = np.column_stack([np.ones(5), np.arange(5.0)])
    assert RangeScaledVariance(0.0).fit(X).get_support().tolist() == [False, True]


def test_the_range_is_that_of_the_training_rows():
    X = np.random.default_rng(1).normal(size=(30, 3))
    selector = RangeScaledVariance().fit(X[:20])
    assert selector.transform(X * 100).shape == (30, 3)


def test_refuses_a_table_without_variance():
    with pytest.raises(InputError, match=r"none of 3 column\(s\)"):
        RangeScaledVariance().fit(np.ones((4, 3)))
