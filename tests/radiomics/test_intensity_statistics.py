import numpy as np
import pytest
from scipy import stats

from mslens.radiomics.intensity_statistics import STATISTICS, describe_statistics


def test_values_equal_scipys_and_a_worked_example():
    values = np.random.default_rng(0).gamma(2, 3, 500)
    found = describe_statistics(values)
    assert list(found) == list(STATISTICS)
    assert found["kurt"] == pytest.approx(stats.kurtosis(values))
    assert found["skew"] == pytest.approx(stats.skew(values))
    assert found["medad"] == pytest.approx(np.abs(values - np.median(values)).mean())
    small = describe_statistics(np.array([1.0, 1, 3, 4]))
    assert small["mean"] == 2.25
    assert small["rms"] == pytest.approx(np.sqrt(27 / 4))
    assert small["qcod"] == pytest.approx((3.25 - 1) / (3.25 + 1))


def test_a_flat_region_has_no_shape():
    found = describe_statistics(np.full(4, 2.0))
    assert found["var"] == found["skew"] == found["kurt"] == found["cov"] == 0
