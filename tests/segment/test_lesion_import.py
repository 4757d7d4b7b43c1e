import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mslens.core.errors import ImageError
from mslens.segment.lesion_import import binarise_lesions


def spots(value, dtype=np.float32):
    array = np.zeros((4, 4, 4), dtype)
    array[1, 1, 1] = value
    return array


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int16, np.float32, np.float64])
def test_masks_of_every_type(dtype):
    found = binarise_lesions(spots(1, dtype), threshold=0.5)
    assert found.mask.dtype == bool
    assert found.mask.sum() == 1
    assert not found.is_probability


@pytest.mark.parametrize("value", [255, 3, 0.2])
def test_a_mask_may_have_any_one_value(value):
    assert binarise_lesions(spots(value), threshold=0.5).mask[1, 1, 1]


def test_probabilities_are_cut_at_the_threshold():
    values = spots(0.5)
    values[2, 2, 2], values[3, 3, 3] = 0.49, 1.0
    found = binarise_lesions(values, threshold=0.5)
    assert found.is_probability
    assert np.argwhere(found.mask)[:, 0].tolist() == [1, 3]


def test_an_empty_mask_is_no_error():
    found = binarise_lesions(np.zeros((3, 3, 3)), threshold=0.5)
    assert not found.mask.any()
    assert not found.is_probability


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers(value):
    with pytest.raises(ImageError, match="NaN or Inf"):
        binarise_lesions(spots(value), threshold=0.5)


def test_labels_and_negative_values_say_what_to_do():
    labels = spots(1)
    labels[2, 2, 2] = 2
    with pytest.raises(ImageError, match="from 0 to 2") as caught:
        binarise_lesions(labels, threshold=0.5)
    assert "Save the lesions alone" in str(caught.value)
    with pytest.raises(ImageError, match="from -1 to 0"):
        binarise_lesions(spots(-1), threshold=0.5)


@given(hnp.arrays(np.float32, (3, 3, 3), elements=st.floats(0, 1, width=32)))
def test_what_is_made_binary_stays_as_it_is(values):
    once = binarise_lesions(values, threshold=0.5).mask
    np.testing.assert_array_equal(binarise_lesions(once, threshold=0.5).mask, once)
