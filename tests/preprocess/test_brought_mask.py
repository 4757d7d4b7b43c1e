"""The phantom's own mask, and what can be wrong with a mask that somebody brings."""

import numpy as np
import pytest
from scipy import ndimage

from mslens.core.rng import make_rng
from mslens.io.templates import load_template
from mslens.preprocess.brought_mask import (
    BroughtMaskSettings,
    judge_brought_mask,
    measure_brought_mask,
)
from phantom import make_head

SETTINGS = BroughtMaskSettings()


@pytest.fixture(scope="module")
def head():
    return make_head(4.0)


def overlap_of(head, data, support=None):
    return measure_brought_mask(
        head.t1w,
        head.brain.like(data),
        load_template(2.0),
        support=support,
        settings=SETTINGS,
        rng=make_rng(1, "test"),
    )


WRONG = {
    "20 mm in front": lambda m: np.roll(m, 5, axis=1),
    "20 mm to the side": lambda m: np.roll(m, -5, axis=0),
    "12 mm too large": lambda m: ndimage.binary_dilation(m, iterations=3),
    "12 mm too small": lambda m: ndimage.binary_erosion(m, iterations=3),
}


def test_a_good_mask_is_believed(head):
    overlap = overlap_of(head, head.brain.data)
    assert judge_brought_mask(overlap, settings=SETTINGS) == []


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_mask_is_named(head, what):
    overlap = overlap_of(head, WRONG[what](np.asarray(head.brain.data)))
    (flag,) = judge_brought_mask(overlap, settings=SETTINGS)
    assert flag["level"] == "warning"
    assert "Your brain mask" in flag["message"]


def test_the_support_of_a_stripped_image_says_where_the_brain_is(head):
    moved = np.roll(np.asarray(head.brain.data), 5, axis=1)
    assert overlap_of(head, head.brain.data, support=head.brain) == 1.0
    assert overlap_of(head, moved, support=head.brain) < SETTINGS.min_overlap
