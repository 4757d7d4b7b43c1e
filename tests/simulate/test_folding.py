import numpy as np
import pytest

from mslens.simulate.folding import build_levels, fold_levels, share_above_level

SIZE = (2.0, 2.0, 2.0)


def slab(n=40):
    """Fluid, a cortex of 6 mm, white matter; along the first axis, blurred as a template is."""
    x = np.arange(n, dtype=float)[:, None, None] * np.ones((1, n, n))
    wm = 1 / (1 + np.exp(-(x - 23) / 1.5))
    fluid = 1 / (1 + np.exp((x - 20) / 1.5))
    gm = np.clip(1 - wm - fluid, 0, 1)
    return gm.astype(np.float32), wm.astype(np.float32), np.ones((n, n, n), bool)


def test_the_levels_cut_where_the_template_changes():
    gm, wm, brain = slab()
    levels = build_levels(gm, wm, brain, voxel_size_mm=SIZE)
    fluid = share_above_level(levels.fluid)[:, 20, 20]
    white = share_above_level(levels.white)[:, 20, 20]
    assert fluid[:18].min() > 0.9
    assert fluid[23:].max() < 0.1
    assert white[26:].min() > 0.9
    assert white[:20].max() < 0.1


def test_outside_of_the_brain_is_fluid():
    gm, wm, brain = slab()
    brain[:, :, 30:] = False
    levels = build_levels(gm, wm, brain, voxel_size_mm=SIZE)
    assert (levels.fluid[:, :, 34:] > 0).all()


def test_folds_differ_between_people_and_repeat_for_one():
    gm, wm, brain = slab()
    levels = build_levels(gm, wm, brain, voxel_size_mm=SIZE)
    first, again, other = (
        fold_levels(levels, voxel_size_mm=SIZE, rng=np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.white, again.white)
    moved = (first.white > 0) != (other.white > 0)
    assert 0.001 < moved.mean() < 0.1
    # What is surely white matter stays so.
    assert (first.white[32:] > 0).all()


@pytest.mark.parametrize("offset", [0.0, 0.25, 0.49])
def test_the_share_of_a_plane_is_exact(offset):
    x = np.arange(12, dtype=np.float32)[:, None, None] * np.ones((1, 6, 6), np.float32)
    share = share_above_level(x - np.float32(5 + offset))
    assert share[5, 3, 3] == pytest.approx(0.5 - offset, abs=1e-5)
    assert share[:5].max() <= 0.5
    assert share[7:].min() == 1.0


def test_a_ball_has_the_right_volume():
    centre = np.array([15.3, 15.1, 14.8])
    away = np.linalg.norm(np.stack(np.indices((30, 30, 30)), -1) - centre, axis=-1)
    share = share_above_level((8.0 - away).astype(np.float32))
    assert share.sum() == pytest.approx(4 / 3 * np.pi * 8**3, rel=0.01)
