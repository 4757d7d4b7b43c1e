import numpy as np
import pytest

from mslens.preprocess.ghosting import measure_ghosting

SHAPE, SIZE = (48, 56, 40), (4.0, 4.0, 4.0)


def head(noise=0.0, seed=0):
    index = np.stack(np.indices(SHAPE), axis=-1) - (np.array(SHAPE) - 1) / 2
    away = np.linalg.norm(index / np.array([1.0, 1.15, 1.0]), axis=-1)
    image = np.where(away < 13, 100.0, np.where((away > 15) & (away < 17), 120.0, 0.0))
    rng = np.random.default_rng(seed)
    return np.hypot(image + noise * rng.standard_normal(SHAPE), noise), away < 13


def ghosted(image, axis, share):
    return image + share * np.roll(image, image.shape[axis] // 2, axis=axis)


@pytest.mark.parametrize("axis", [0, 1])
def test_ghosts_along_either_axis_are_measured(axis):
    image, brain = head(noise=2.0)
    clean = measure_ghosting(image, brain, voxel_size_mm=SIZE)
    dirty = measure_ghosting(ghosted(image, axis, 0.05), brain, voxel_size_mm=SIZE)
    assert clean < 0.005
    assert dirty > 0.02


def test_more_ghosts_are_more():
    image, brain = head(noise=2.0)
    some, more = (
        measure_ghosting(ghosted(image, 1, share), brain, voxel_size_mm=SIZE)
        for share in (0.03, 0.08)
    )
    assert more > 1.5 * some


def test_scale_does_not_matter():
    image, brain = head(noise=2.0)
    dirty = ghosted(image, 1, 0.05)
    one, ten = (measure_ghosting(k * dirty, brain, voxel_size_mm=SIZE) for k in (1.0, 10.0))
    assert one == pytest.approx(ten, rel=1e-4)


def test_air_that_was_cut_out_says_nothing():
    image, brain = head()
    assert np.isnan(measure_ghosting(image, brain, voxel_size_mm=SIZE))
    assert np.isnan(measure_ghosting(image, np.zeros(SHAPE, dtype=bool), voxel_size_mm=SIZE))
