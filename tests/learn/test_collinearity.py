import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mslens.core.errors import InputError, SettingsError, UnknownName
from mslens.learn.collinearity import CollinearityFilter


def full_matrix(X, threshold, method):
    """The same rule on the whole matrix in float64."""
    r = np.abs(np.corrcoef(X.astype(np.float64).T))
    if method == "triu":
        return ~(np.triu(r, 1) > threshold).any(axis=0)
    keep = np.ones(r.shape[0], dtype=bool)
    for j in range(r.shape[0]):
        keep[j] = not (r[:j, j][keep[:j]] > threshold).any()
    return keep


def correlated(seed, n=50, p=300, k=12):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, k)) @ rng.normal(size=(k, p)) + 0.8 * rng.normal(size=(n, p))
    return (100 + X).astype(np.float32)


@pytest.mark.parametrize("method", ["triu", "greedy"])
@given(st.integers(0, 2**32 - 1), st.sampled_from([7, 64, 1000]))
@settings(max_examples=15)
def test_is_the_rule_on_the_whole_matrix(method, seed, block_size):
    X = correlated(seed)
    found = CollinearityFilter(0.5, method=method, block_size=block_size).fit(X)
    np.testing.assert_array_equal(found.support_, full_matrix(X, 0.5, method))


def chain():
    """a and b are alike, b and c are alike, a and c are not."""
    rng = np.random.default_rng(3)
    a, c = rng.normal(size=(2, 500))
    return np.column_stack([a, a + c, c])


def test_triu_drops_for_a_dropped_column_and_greedy_does_not():
    X = chain()
    assert CollinearityFilter(0.6).fit(X).support_.tolist() == [True, False, False]
    greedy = CollinearityFilter(0.6, method="greedy").fit(X)
    assert greedy.support_.tolist() == [True, False, True]


def test_priority_is_visited_first():
    X = chain()
    kept = CollinearityFilter(0.6, method="greedy", priority=[0.1, 0.9, 0.5]).fit(X)
    assert kept.support_.tolist() == [False, True, False]
    assert kept.order_.tolist() == [1, 2, 0]


def test_later_keys_break_ties_and_then_the_column_order():
    keys = [[0.95, -3], [0.95, -1], [0.99, -5], [0.95, -3]]
    order = CollinearityFilter(priority=keys).fit(np.random.default_rng(0).normal(size=(9, 4)))
    assert order.order_.tolist() == [2, 1, 0, 3]


@pytest.mark.parametrize("method", ["triu", "greedy"])
def test_a_pair_at_the_threshold_is_settled_in_float64(method):
    """Two columns whose r is the threshold to the last bits that float32 has."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(200, 2))
    X[:, 1] = 0.8 * X[:, 0] + 0.6 * X[:, 1]
    r = abs(np.corrcoef(X.T)[0, 1])
    just_below, just_above = np.nextafter(r, 0) - 1e-12, r + 1e-12
    assert CollinearityFilter(just_below, method=method).fit(X).support_.tolist() == [True, False]
    assert CollinearityFilter(just_above, method=method).fit(X).support_.tolist() == [True, True]


def test_a_negative_correlation_counts():
    x = np.random.default_rng(2).normal(size=40)
    assert CollinearityFilter().fit(np.column_stack([x, -x])).support_.tolist() == [True, False]


def test_constant_columns_stay_and_drop_nobody():
    X = np.column_stack([np.ones(9), np.ones(9), np.arange(9.0)])
    assert CollinearityFilter().fit(X).support_.all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"threshold": 0.0}, SettingsError, "threshold of 0"),
        ({"threshold": 80.0}, SettingsError, "threshold of 80"),
        ({"method": "upper"}, UnknownName, "triu"),
        ({"priority": [1.0]}, InputError, "1 priorities for 3 columns"),
        ({"priority": [1.0, np.nan, 2.0]}, InputError, "1 of them NaN"),
    ],
)
def test_refuses_impossible_settings(arguments, error, message):
    with pytest.raises(error, match=message):
        CollinearityFilter(**arguments).fit(np.random.default_rng(0).normal(size=(9, 3)))
