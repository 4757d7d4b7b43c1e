import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.plot.window import robust_window


def test_one_bright_vessel_does_not_darken_the_brain():
    data = np.full((20, 20, 20), 0.0)
    mask = np.zeros(data.shape, dtype=bool)
    mask[2:18, 2:18, 2:18] = True
    data[mask] = np.linspace(50, 100, mask.sum())
    data[5, 5, 5] = 1e6
    low, high = robust_window(data, mask)
    assert low == 0
    assert 99 < high < 101


def test_an_image_with_negative_values_keeps_them():
    data = np.linspace(-5, 5, 1000).reshape(10, 10, 10)
    low, high = robust_window(data, np.ones(data.shape, dtype=bool), low_percent=1, high_percent=99)
    assert (low, high) == pytest.approx((-4.9, 4.9))


@given(st.sampled_from([0.0, 7.0, -3.0, np.nan]))
def test_a_constant_image_still_has_a_window(value):
    data = np.full((3, 3, 3), value)
    low, high = robust_window(data, np.zeros(data.shape, dtype=bool))
    assert np.isfinite([low, high]).all()
    assert low < high
