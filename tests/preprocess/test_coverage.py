import numpy as np
import pytest

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, identity
from mslens.core.volume import Volume
from mslens.preprocess.coverage import measure_missing

GRID = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (20, 20, 20))


@pytest.fixture
def image():
    return Volume(np.random.default_rng(0).random((20, 20, 20), dtype=np.float32), GRID)


@pytest.fixture
def brain():
    inside = np.zeros(GRID.shape, dtype=bool)
    inside[5:15, 5:15, 5:15] = True
    return Volume(inside, GRID, "mask")


def test_an_image_that_holds_the_brain_lacks_nothing(image, brain):
    assert measure_missing(image, brain, identity()) == 0.0


def test_what_lies_outside_the_grid_is_missing(image, brain):
    shift = np.eye(4)
    shift[0, 3] = 2.0 * 7
    assert measure_missing(image, brain, AffineTransform(shift)) == pytest.approx(0.2)


def test_slices_without_signal_at_an_end_are_missing(image, brain):
    data = np.array(image.data)
    data[:, :, 12:] = 0
    assert measure_missing(image.like(data), brain, identity()) == pytest.approx(0.3)


def test_a_lost_slice_amid_the_image_is_not_a_matter_of_the_field_of_view(image, brain):
    data = np.array(image.data)
    data[:, :, 10] = 0
    assert measure_missing(image.like(data), brain, identity()) == 0.0


def test_without_a_brain_nothing_can_be_said(image, brain):
    empty = brain.like(np.zeros(GRID.shape, dtype=bool))
    assert np.isnan(measure_missing(image, empty, identity()))


def test_a_constant_image_shows_nothing(image, brain):
    flat = image.like(np.zeros(GRID.shape, dtype=np.float32))
    assert measure_missing(flat, brain, identity()) == 1.0
