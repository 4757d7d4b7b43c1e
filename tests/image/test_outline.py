import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mslens.image.outline import fill_outline

U, V = np.arange(-10, 11) + 0.25, np.arange(-8, 9) + 0.4


def test_rectangle_and_notch():
    square = fill_outline([(-5, -5), (5, -5), (5, 5), (-5, 5)], U, V)
    np.testing.assert_array_equal(square, (np.abs(U[:, None]) < 5) & (np.abs(V[None]) < 5))
    notched = fill_outline([(-5, -5), (5, -5), (5, 5), (0, 0), (-5, 5)], U, V)
    np.testing.assert_array_equal(notched, square & (V[None] < np.abs(U[:, None])))


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-7, 7)), min_size=3, max_size=8))
def test_direction_and_start_do_not_matter(corners):
    inside = fill_outline(corners, U, V)
    np.testing.assert_array_equal(inside, fill_outline(corners[::-1], U, V))
    np.testing.assert_array_equal(inside, fill_outline([*corners[1:], corners[0]], U, V))


def test_nothing_lies_in_a_line():
    assert not fill_outline([(0, 0), (3, 3)], U, V).any()
