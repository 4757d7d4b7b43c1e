import numpy as np
import pytest

from mslens.segment.lesion_islands import ISLAND_FEATURES, find_islands

SHAPE, SIZE = (12, 10, 8), (1.0, 1.0, 2.0)


def describe(margin, size=SIZE):
    where = np.arange(margin.size)
    return find_islands(margin.ravel(), where, shape=SHAPE, voxel_size_mm=size, lowest_margin=0.0)


def column(found, name):
    return found.values[:, ISLAND_FEATURES.index(name)]


@pytest.fixture
def two():
    margin = np.full(SHAPE, -5.0)
    margin[1:9, 1, 1] = np.arange(1, 9)
    margin[10, 8, 6] = 3.0
    return describe(margin)


def test_the_largest_comes_first_with_its_size_and_heights(two):
    assert two.voxels.tolist() == [8, 1]
    np.testing.assert_allclose(column(two, "log_volume"), np.log([16, 2]), rtol=1e-6)
    assert column(two, "margin_max").tolist() == [8, 3]
    assert column(two, "margin_mean").tolist() == [4.5, 3]
    np.testing.assert_allclose(column(two, "margin_sd")[0], np.std(np.arange(1, 9)), rtol=1e-6)


def test_a_rod_is_long_and_not_round(two):
    # Uniform over 8 mm: SD 8 / sqrt(12), four of them.
    assert column(two, "longest_mm")[0] == pytest.approx(4 * 8 / np.sqrt(12), rel=1e-5)
    assert column(two, "roundness")[0] < 0.1


def test_a_ball_is_round():
    grid = np.stack(np.meshgrid(*[np.arange(n) for n in SHAPE], indexing="ij"), -1)
    ball = np.linalg.norm(grid - [5, 5, 4], axis=-1) <= 3
    found = describe(np.where(ball, 1.0, -1.0), size=(1, 1, 1))
    assert column(found, "roundness")[0] > 0.9


def test_voxels_know_their_island(two):
    owner = two.owner.reshape(SHAPE)
    assert (owner[1:9, 1, 1] == 1).all()
    assert owner[10, 8, 6] == 2
    assert (owner > 0).sum() == 9


def test_nothing_gives_no_islands():
    found = describe(np.full(SHAPE, -1.0))
    assert found.values.shape == (0, len(ISLAND_FEATURES))
    assert not found.owner.any()
