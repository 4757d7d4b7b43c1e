import numpy as np
import pytest

from mslens.preprocess.tissue_contrast import measure_tissue_contrast
from phantom import make_head


@pytest.fixture(scope="module")
def head():
    return make_head(4.0)


def contrast_of(head, image):
    return measure_tissue_contrast(image, head.brain.data, head.gm.data, head.wm.data)


def test_each_contrast_fits_its_own_name_best(head):
    t1w, flair = contrast_of(head, head.t1w.data), contrast_of(head, head.flair.data)
    assert t1w.fits("T1w") > 0.5
    assert flair.fits("FLAIR") > 0.2
    assert t1w.fits("FLAIR") < -0.5
    assert flair.fits("T1w") < 0
    assert t1w.fits("T2w") < 0


def test_an_inverted_t1w_looks_like_a_t2w(head):
    inverted = contrast_of(head, 200 - head.t1w.data)
    assert inverted.fits("T2w") > 0.5
    assert inverted.fits("T1w") < -0.5


def test_the_scale_of_the_image_does_not_matter(head):
    one, other = contrast_of(head, head.t1w.data), contrast_of(head, 7 * head.t1w.data + 3)
    assert one.white == pytest.approx(other.white, rel=1e-4)
    assert one.fluid == pytest.approx(other.fluid, rel=1e-4)


def test_what_cannot_be_known_is_nan(head):
    constant = contrast_of(head, np.ones(head.t1w.grid.shape))
    assert np.isnan(constant.fits("T1w"))
    nothing = measure_tissue_contrast(
        head.t1w.data, np.zeros(head.t1w.grid.shape, dtype=bool), head.gm.data, head.wm.data
    )
    assert np.isnan(nothing.white)
