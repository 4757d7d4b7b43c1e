import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mslens.segment.outliers import clip_outliers


def test_a_broken_voxel_is_pulled_in_and_the_rest_left_alone():
    values = np.append(np.linspace(50, 150, 101), 1e6).astype(np.float32)
    clipped = clip_outliers(values)
    np.testing.assert_array_equal(clipped[:-1], values[:-1])
    assert 150 < clipped[-1] < 700


def test_constant_values_stay():
    values = np.append(np.ones(50), 7)
    np.testing.assert_array_equal(clip_outliers(values), values)


@given(hnp.arrays(np.float32, 30, elements=st.floats(-1e3, 1e3, width=32)))
def test_order_is_kept(values):
    order = np.argsort(values, kind="stable")
    assert (np.diff(clip_outliers(values)[order]) >= 0).all()
