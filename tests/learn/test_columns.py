import numpy as np
import pytest

from mslens.learn.columns import correlate_columns, iterate_blocks, measure_columns


def test_blocks_cover_every_column_once():
    blocks = list(iterate_blocks(10, block=4))
    assert [(b.start, b.stop) for b in blocks] == [(0, 4), (4, 8), (8, 10)]
    assert list(iterate_blocks(0)) == []


def test_moments_of_a_wide_float32_table_are_those_of_float64():
    X = (1e4 + np.random.default_rng(0).normal(size=(30, 5000))).astype(np.float32)
    mean, spread = measure_columns(X)
    np.testing.assert_allclose(mean, X.astype(np.float64).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(spread, X.astype(np.float64).std(axis=0), rtol=1e-9)


@pytest.mark.parametrize("value", [0.1, 1e30, 16777217.0])
def test_a_constant_column_has_a_spread_of_exactly_zero(value):
    mean, spread = measure_columns(np.full((7, 2), value))
    assert spread.tolist() == [0.0, 0.0]
    assert mean.tolist() == [value, value]


def test_correlation_with_the_target():
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(40, 6)), rng.normal(size=40)
    X[:, 2] = 5.0
    r = correlate_columns(X, y)
    for column in (0, 1, 3, 4, 5):
        assert r[column] == pytest.approx(np.corrcoef(X[:, column], y)[0, 1])
    assert r[2] == 0
    assert not correlate_columns(X, np.ones(40)).any()
