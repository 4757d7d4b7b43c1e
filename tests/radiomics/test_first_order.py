import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from mslens.radiomics.first_order import FIRST_ORDER, describe_first_order


def describe(values, levels):
    found = describe_first_order(values, np.asarray(levels), voxel_volume_mm3=2.0)
    return dict(zip(FIRST_ORDER, found, strict=True))


def test_a_worked_example():
    found = describe(np.array([4.0, 1.0, 3.0, 2.0]), [2, 1, 2, 1])
    assert found["Mean"] == found["Median"] == 2.5
    assert found["Energy"] == 30
    assert found["TotalEnergy"] == 60
    assert found["Variance"] == 1.25
    assert found["Entropy"] == 1.0
    assert found["Uniformity"] == 0.5
    assert found["MeanAbsoluteDeviation"] == 1.0
    assert found["RobustMeanAbsoluteDeviation"] == 0.5
    assert found["Skewness"] == 0


def test_moments_and_percentiles_equal_scipys_and_numpys():
    values = np.random.default_rng(0).gamma(2.0, 3.0, 1001)
    found = describe(values, values.astype(int) + 1)
    assert found["Skewness"] == pytest.approx(stats.skew(values), rel=1e-12)
    assert found["Kurtosis"] == pytest.approx(stats.kurtosis(values, fisher=False), rel=1e-12)
    assert found["10Percentile"] == np.percentile(values, 10)
    assert found["90Percentile"] == np.percentile(values, 90)
    assert found["InterquartileRange"] == pytest.approx(stats.iqr(values), rel=1e-14)
    assert found["Entropy"] == pytest.approx(
        stats.entropy(np.bincount(values.astype(int)), base=2), rel=1e-12
    )


def test_a_flat_region_has_no_spread_and_no_infinities():
    found = describe(np.full(9, 7.0), np.ones(9, dtype=int))
    assert found["Variance"] == found["Skewness"] == found["Kurtosis"] == found["Entropy"] == 0
    assert np.isfinite(list(found.values())).all()


@given(
    arrays(np.float64, st.integers(1, 60), elements=st.floats(-50, 50)),
    st.sampled_from([0.5, 7.0, 1000.0]),
)
def test_percentiles_equal_numpys_for_any_levels(values, width):
    levels = np.floor((values - values.min()) / width).astype(int) + 1
    found = describe(values, levels)
    for name, percent in (("10Percentile", 10), ("Median", 50), ("90Percentile", 90)):
        assert found[name] == pytest.approx(np.percentile(values, percent), rel=1e-12, abs=1e-12)
    assert found["Minimum"] == values.min()
    assert found["Maximum"] == values.max()


def test_level_numbers_may_be_far_apart():
    near = describe(np.array([1.0, 2.0, 3.0]), [1, 2, 3])
    assert describe(np.array([1.0, 2.0, 3.0]), [1, 2, 2**29]) == near
