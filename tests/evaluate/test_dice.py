import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from mslens.core.errors import GridMismatch
from mslens.evaluate.dice import measure_dice

masks = arrays(bool, (3, 4, 2))


def test_known_overlap():
    mask, truth = np.zeros((2, 4, 4, 4), dtype=bool)
    mask[:2], truth[1:3] = True, True
    assert measure_dice(mask, truth) == 0.5
    assert measure_dice(mask[:1], truth[:1]) == 0.0
    assert measure_dice(truth, truth) == 1.0


def test_two_empty_masks_have_no_overlap_to_speak_of():
    assert np.isnan(measure_dice(np.zeros((2, 2, 2)), np.zeros((2, 2, 2))))


def test_masks_on_other_grids_are_refused():
    with pytest.raises(GridMismatch, match=r"\(2, 2, 2\)"):
        measure_dice(np.zeros((2, 2, 2)), np.zeros((2, 2, 3)))


@given(masks, masks)
def test_it_is_symmetric_and_a_share(one, other):
    value = measure_dice(one, other)
    assert np.isnan(value) == (not one.any() and not other.any())
    if not np.isnan(value):
        assert 0 <= value <= 1
        assert value == measure_dice(other, one)
