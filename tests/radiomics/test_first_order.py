import numpy as np
import pytest
from scipy import stats

from mslens.radiomics.first_order import FIRST_ORDER, describe_first_order


def describe(values, counts):
    found = describe_first_order(np.sort(values), np.asarray(counts), voxel_volume_mm3=2.0)
    return dict(zip(FIRST_ORDER, found, strict=True))


def test_a_worked_example():
    found = describe(np.array([1.0, 2.0, 3.0, 4.0]), [2, 2])
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
    found = describe(values, np.bincount(values.astype(int)))
    assert found["Skewness"] == pytest.approx(stats.skew(values), rel=1e-12)
    assert found["Kurtosis"] == pytest.approx(stats.kurtosis(values, fisher=False), rel=1e-12)
    assert found["10Percentile"] == np.percentile(values, 10)
    assert found["90Percentile"] == np.percentile(values, 90)
    assert found["InterquartileRange"] == pytest.approx(stats.iqr(values), rel=1e-14)
    assert found["Entropy"] == pytest.approx(
        stats.entropy(np.bincount(values.astype(int)), base=2), rel=1e-12
    )


def test_a_flat_region_has_no_spread_and_no_infinities():
    found = describe(np.full(9, 7.0), [9])
    assert found["Variance"] == found["Skewness"] == found["Kurtosis"] == found["Entropy"] == 0
    assert np.isfinite(list(found.values())).all()
