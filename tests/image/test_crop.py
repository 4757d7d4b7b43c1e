import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mslens.image.crop import crop_box


def test_box_of_one_voxel_and_its_margin_in_mm():
    mask = np.zeros((9, 9, 9))
    mask[4, 5, 6] = 1
    assert crop_box(mask) == (slice(4, 5), slice(5, 6), slice(6, 7))
    box = crop_box(mask, voxel_size_mm=(1, 2, 4), margin_mm=2)
    assert box == (slice(2, 7), slice(4, 7), slice(5, 8))


def test_margin_ends_at_the_image_and_may_be_infinite():
    mask = np.zeros((4, 5, 6))
    mask[0, 4, 3] = 1
    assert crop_box(mask, margin_mm=1) == (slice(0, 2), slice(3, 5), slice(2, 5))
    whole = (slice(0, 4), slice(0, 5), slice(0, 6))
    assert crop_box(mask, margin_mm=np.inf) == whole
    assert crop_box(np.zeros((4, 5, 6))) == whole


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1))
def test_box_is_tight(points):
    mask = np.zeros((7, 7, 7), bool)
    mask[tuple(np.array(points).T)] = True
    box = crop_box(mask)
    assert mask[box].sum() == mask.sum()
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        held = mask[box].any(axis=others)
        assert held[0]
        assert held[-1]
