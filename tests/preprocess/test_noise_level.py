import numpy as np
import pytest

from mslens.preprocess.noise_level import estimate_noise
from phantom import make_head

SIZE = (2.0, 2.0, 2.0)


@pytest.mark.parametrize("sd", [1.0, 5.0, 20.0])
def test_the_noise_of_a_ramp_is_found(sd):
    rng = np.random.default_rng(0)
    ramp = np.add.outer(np.arange(30.0), np.arange(32.0))[..., None] + np.arange(28.0)
    image = 100 + ramp + sd * rng.standard_normal(ramp.shape)
    found = estimate_noise(image, np.ones(ramp.shape, dtype=bool), voxel_size_mm=SIZE)
    assert found == pytest.approx(sd, rel=0.2)


def test_noise_added_to_a_head_raises_the_figure():
    head = make_head(4.0)
    image = head.t1w.data
    noisy = image + 20 * np.random.default_rng(1).standard_normal(image.shape)
    clean, added = (
        estimate_noise(i, head.brain.data, voxel_size_mm=(4.0, 4.0, 4.0)) for i in (image, noisy)
    )
    assert added > clean + 8


def test_an_image_without_noise_has_none():
    image = np.add.outer(np.arange(20.0), np.arange(20.0))[..., None] + np.arange(20.0)
    found = estimate_noise(image, np.ones(image.shape, dtype=bool), voxel_size_mm=SIZE)
    assert found == pytest.approx(0.0, abs=1e-4)


def test_differences_are_taken_within_slices():
    rng = np.random.default_rng(2)
    slices = 50 * np.arange(20) % 3 * 100.0
    image = 100 + slices + 4 * rng.standard_normal((30, 30, 20))
    found = estimate_noise(image, np.ones(image.shape, dtype=bool), voxel_size_mm=(1.0, 1.0, 4.0))
    assert found == pytest.approx(4.0, rel=0.1)


def test_too_few_voxels_say_nothing():
    assert np.isnan(
        estimate_noise(np.ones((9, 9, 9)), np.zeros((9, 9, 9), bool), voxel_size_mm=SIZE)
    )


def test_of_flat_tissue_alone_every_voxel_is_used():
    rng = np.random.default_rng(3)
    image = 100 + 5 * rng.standard_normal((30, 30, 30))
    inside = np.zeros(image.shape, dtype=bool)
    inside[2:-2, 2:-2, 2:-2] = True
    found = estimate_noise(image, inside, voxel_size_mm=SIZE, flat_share=1.0)
    assert found == pytest.approx(5.0, rel=0.03)
