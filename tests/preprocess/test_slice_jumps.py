import numpy as np
import pytest

from mslens.preprocess.slice_jumps import measure_slice_jumps

SHAPE = (24, 26, 20)


@pytest.fixture
def image():
    x, y, z = np.indices(SHAPE)
    return (100 + 10 * np.sin(x / 3) + 8 * np.cos(y / 4) + z).astype(np.float32)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_brighter_slice_is_measured_along_any_axis(image, axis):
    inside = np.ones(SHAPE, dtype=bool)
    assert measure_slice_jumps(image, inside) < 0.02
    jumped = np.moveaxis(image.copy(), axis, 0)
    jumped[9] *= 1.2
    found = measure_slice_jumps(np.moveaxis(jumped, 0, axis), inside)
    assert found == pytest.approx(np.log(1.2), abs=0.02)


def test_a_smooth_bias_is_no_jump(image):
    bias = np.exp(np.linspace(-0.5, 0.5, SHAPE[2]))
    assert measure_slice_jumps(image * bias, np.ones(SHAPE, dtype=bool)) < 0.02


def test_slices_with_little_brain_are_left_out(image):
    inside = np.ones(SHAPE, dtype=bool)
    inside[:, :, 17:] = False
    inside[:2, :2, 17:] = True
    image[:, :, 18] *= 3
    assert measure_slice_jumps(image, inside) < 0.02


def test_no_brain_says_nothing(image):
    assert np.isnan(measure_slice_jumps(image, np.zeros(SHAPE, dtype=bool)))
