import numpy as np
import pytest

from mslens.learn.unit_columns import UnitColumns


def factor_table(seed, n, p, k, noise):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, k)) @ rng.normal(size=(k, p)) + noise * rng.normal(size=(n, p))
    return X.astype(np.float32)


@pytest.mark.parametrize(
    ("n", "k", "noise", "threshold"),
    [(120, 4, 1.0, 0.8), (120, 40, 0.3, 0.5), (60, 2, 0.05, 0.95), (9, 2, 1.0, 0.7)],
)
def test_finds_what_the_whole_matrix_shows(n, k, noise, threshold):
    X = factor_table(n, n, 900, k, noise)
    columns = UnitColumns(X, np.arange(900), threshold=threshold)
    tested, earlier = np.arange(500, 900), np.arange(500)
    r = np.abs(np.corrcoef(X.astype(np.float64).T))[500:, :500]
    np.testing.assert_array_equal(columns.exceeds(tested, earlier), (r > threshold).any(axis=1))


def test_few_axes_are_enough_where_columns_share_factors():
    """The bound is used at all: with it, fewer numbers per pair than there are rows."""
    columns = UnitColumns(factor_table(1, 300, 2000, 5, 0.7), np.arange(2000), threshold=0.8)
    assert 0 < columns.head.shape[1] < 150


def test_no_axes_where_they_rule_nothing_out():
    X = factor_table(2, 100, 500, 3, 0.5)
    assert UnitColumns(X, np.arange(500), threshold=0.01).head.shape[1] == 0


def test_the_bound_holds_for_every_pair():
    X = factor_table(3, 80, 400, 6, 1.0)
    columns = UnitColumns(X, np.arange(400), threshold=0.8)
    r = np.corrcoef(X.astype(np.float64).T)
    bound = np.abs(columns.head @ columns.head.T) + np.outer(columns.rest, columns.rest)
    assert (bound >= np.abs(r) - columns.slack).all()


def test_positions_count_in_the_order_of_visiting():
    X = factor_table(4, 60, 5, 2, 1.0)
    X[:, 4] = X[:, 0]
    columns = UnitColumns(X, np.array([4, 3, 2, 1, 0]), threshold=0.999)
    assert columns.exceeds(np.array([3, 4]), np.array([0])).tolist() == [False, True]


def test_nothing_is_tested():
    columns = UnitColumns(factor_table(5, 30, 40, 2, 1.0), np.arange(40), threshold=0.8)
    assert columns.exceeds(np.empty(0, dtype=int), np.arange(5)).size == 0
