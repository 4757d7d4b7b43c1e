import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.segment.neighbours import neighbour_sum


def test_isotropic_weights_are_one():
    values = np.zeros((5, 5, 5))
    values[2, 2, 2] = 1
    total = neighbour_sum(values, voxel_size_mm=(2, 2, 2))
    assert total.sum() == 6
    assert total[1, 2, 2] == total[2, 3, 2] == total[2, 2, 1] == 1
    assert total[2, 2, 2] == total[1, 1, 2] == 0


def test_near_neighbours_weigh_more():
    values = np.zeros((3, 3, 3))
    values[1, 1, 1] = 1
    total = neighbour_sum(values, voxel_size_mm=(1, 1, 4))
    assert total[0, 1, 1] / total[1, 1, 0] == pytest.approx(4)


@given(st.tuples(*[st.floats(0.3, 6)] * 3))
def test_the_six_weights_add_up_to_six(voxel_size_mm):
    total = neighbour_sum(np.ones((5, 5, 5)), voxel_size_mm=voxel_size_mm)
    assert total[2, 2, 2] == pytest.approx(6, rel=1e-5)


def test_input_is_left_alone():
    values = np.ones((3, 3, 3), np.float32)
    neighbour_sum(values, voxel_size_mm=(1, 1, 1))
    assert (values == 1).all()
