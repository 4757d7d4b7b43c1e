import numpy as np
import pytest

from mslens.radiomics.resample import resample_pair


def test_a_linear_image_stays_linear_and_the_corner_stays_where_it_was():
    k = np.broadcast_to(np.arange(8.0)[:, None, None], (8, 6, 6))
    labels = (k > 3).astype(np.int32)
    image, moved, spacing = resample_pair(
        k, labels, spacing_mm=(1, 1, 1), new_spacing_mm=(2, 0, 0), interpolation="linear"
    )
    assert spacing == (2.0, 1.0, 1.0)
    assert image[:, 0, 0] == pytest.approx([0.5, 2.5, 4.5, 6.5])
    assert moved[:, 0, 0].tolist() == [0, 0, 1, 1]


def test_the_same_spacing_changes_nothing():
    image = np.random.default_rng(0).normal(size=(4, 4, 4))
    same, _, _ = resample_pair(
        image, np.ones((4, 4, 4)), spacing_mm=(1, 2, 3), new_spacing_mm=(1, 2, 3)
    )
    assert same is image


def test_what_lies_outside_the_image_is_nothing():
    image, labels, _ = resample_pair(
        np.ones((5, 5, 5)), np.ones((5, 5, 5)), spacing_mm=(1,) * 3, new_spacing_mm=(1.7,) * 3
    )
    assert image.shape == (3, 3, 3)
    assert image == pytest.approx(1)
    assert (labels == 1).all()
