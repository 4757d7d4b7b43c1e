import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mslens.segment.weighted_bins import bin_edges, bin_numbers


@given(
    arrays.arrays(np.float32, 60, elements=st.integers(0, 30).map(float)),
    arrays.arrays(np.float64, 60, elements=st.sampled_from([0.25, 1.0, 3.0])),
    st.integers(2, 12),
)
def test_no_bin_is_empty_and_the_order_is_kept(column, weight, max_bins):
    if column.min() == column.max():
        column[0] += 1
    edges = bin_edges(column, weight, max_bins=max_bins)
    numbers = bin_numbers(column, edges)
    assert len(edges) < max_bins
    assert sorted(set(numbers)) == list(range(len(edges) + 1))
    order = np.argsort(column, kind="stable")
    assert (np.diff(numbers[order]) >= 0).all()


def test_bins_have_equal_weight():
    rng = np.random.default_rng(0)
    column, weight = rng.standard_normal(20_000), rng.uniform(0.1, 4.0, 20_000)
    numbers = bin_numbers(column, bin_edges(column, weight, max_bins=10)).astype(int)
    share = np.bincount(numbers, weights=weight) / weight.sum()
    assert share == pytest.approx(np.full(10, 0.1), abs=1e-3)


def test_missing_values_have_no_bin():
    column = np.array([3.0, np.nan, 1.0, 2.0])
    edges = bin_edges(column, np.ones(4))
    assert edges.tolist() == [1.5, 2.5]
    np.testing.assert_array_equal(bin_numbers(column, edges), [2, np.nan, 0, 1])
