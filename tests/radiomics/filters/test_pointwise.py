import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mslens.radiomics.filters.pointwise import exponential, logarithm, square, square_root

MAGNITUDES = st.floats(1e-3, 1e4)
VALUES = st.one_of(st.just(0.0), MAGNITUDES, MAGNITUDES.map(lambda x: -x))
IMAGES = arrays(np.float64, (3, 3, 3), elements=VALUES)


@given(IMAGES)
def test_the_largest_magnitude_and_the_signs_stay(image):
    top = np.abs(image).max()
    for response in (square_root(image), logarithm(image)):
        assert np.abs(response).max() == pytest.approx(top, rel=1e-9, abs=1e-12)
        assert (np.sign(response) * np.sign(image) >= 0).all()
    assert square(image).max() == pytest.approx(top, rel=1e-9, abs=1e-12)
    assert (square(image) >= 0).all()
    assert np.isfinite(exponential(image)).all()


def test_worked_values():
    image = np.array([[[-4.0, 0.0, 1.0, 16.0]]])
    assert square(image).ravel() == pytest.approx([1.0, 0, 1 / 16, 16])
    assert square_root(image).ravel() == pytest.approx([-8, 0, 4, 16])
    assert logarithm(image).ravel() == pytest.approx(
        np.array([-np.log(5), 0, np.log(2), np.log(17)]) * 16 / np.log(17)
    )
    assert exponential(image).ravel() == pytest.approx(16 ** (np.array([-4, 0, 1, 16]) / 16))


def test_an_image_of_zeroes_stays_finite():
    for response in (square, square_root, logarithm, exponential):
        assert np.isfinite(response(np.zeros((2, 2, 2)))).all()
