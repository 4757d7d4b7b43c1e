import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.segment.intensity_match import IntensityMatchSettings, match_intensities

SIZE = (4.0, 4.0, 4.0)


@pytest.fixture
def image():
    rng = np.random.default_rng(0)
    return (100 + 15 * rng.standard_normal((40, 44, 36))).astype(np.float32)


@pytest.fixture
def bias():
    x, y, z = np.meshgrid(*(np.linspace(-1, 1, n) for n in (40, 44, 36)), indexing="ij")
    return np.exp(0.2 * x - 0.15 * y * y + 0.1 * z).astype(np.float32)


def match(one, other, normal, **changes):
    settings = IntensityMatchSettings(**changes)
    return match_intensities(one, other, normal, voxel_size_mm=SIZE, settings=settings)


def test_scale_and_bias_between_two_images_are_taken_out(image, bias):
    normal = np.ones(image.shape, dtype=bool)
    one, other = match(image, 7 * image * bias, normal)
    inside = (slice(4, -4),) * 3
    away = np.abs(other / one - 1)[inside]
    before = np.abs(bias / np.median(bias) - 1)[inside]
    assert away.mean() < 0.03
    assert away.mean() < before.mean() / 3
    assert np.median(one) == pytest.approx(1.0, abs=0.05)


def test_a_lesion_that_is_kept_out_keeps_its_difference(image):
    lesion = np.zeros(image.shape, dtype=bool)
    lesion[18:22, 20:24, 16:20] = True
    later = np.where(lesion, image * 1.6, image)
    one, other = match(image, later, ~lesion)
    assert np.median((other / one)[lesion]) == pytest.approx(1.6, rel=0.01)


def test_exchanging_the_images_exchanges_the_results(image, bias):
    normal = np.ones(image.shape, dtype=bool)
    one, other = match(image, image * bias, normal)
    b, a = match(image * bias, image, normal)
    np.testing.assert_allclose(a, one, rtol=1e-5)
    np.testing.assert_allclose(b, other, rtol=1e-5)


def test_the_inputs_are_left_alone(image, bias):
    other = image * bias
    copies = image.copy(), other.copy()
    match(image, other, np.ones(image.shape, dtype=bool))
    np.testing.assert_array_equal(image, copies[0])
    np.testing.assert_array_equal(other, copies[1])


def test_no_tissue_is_an_error(image):
    with pytest.raises(ImageError, match="no tissue"):
        match(image, np.zeros_like(image), np.ones(image.shape, dtype=bool))
    with pytest.raises(ImageError, match="no tissue"):
        match(image, image, np.zeros(image.shape, dtype=bool))


def test_images_that_are_bright_at_different_places_are_an_error(image):
    normal = np.ones(image.shape, dtype=bool)
    half = np.indices(image.shape)[0] % 2 == 0
    with pytest.raises(ImageError, match="normal tissue can be compared"):
        match(np.where(half, image, 0.01), np.where(half, 0.01, image) + 1e-3, normal)
