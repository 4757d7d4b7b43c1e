import numpy as np
import pytest

from mslens.radiomics.intensity_histogram import HISTOGRAM, describe_histogram


def test_a_worked_example():
    found = describe_histogram(np.array([1, 1, 1, 2, 4, 4, 4]), n_levels=4)
    assert list(found) == list(HISTOGRAM)
    assert found["mode"] == 1
    assert found["uniformity"] == pytest.approx((9 + 1 + 9) / 49)
    assert found["entropy"] == pytest.approx(-(6 / 7 * np.log2(3 / 7) + np.log2(1 / 7) / 7))
    assert (found["max_grad"], found["max_grad_g"]) == (3, 4)
    assert (found["min_grad"], found["min_grad_g"]) == (-2, 1)


def test_one_level_has_no_gradient():
    found = describe_histogram(np.ones(5, dtype=int), n_levels=1)
    assert found["max_grad"] == found["entropy"] == 0
