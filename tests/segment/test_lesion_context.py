import numpy as np
import pytest

from mslens.segment.lesion_context import CONTEXT_FEATURES, measure_context

SHAPE, SIZE = (24, 20, 16), (1.0, 1.0, 2.0)


def describe(margin, where=None, size=SIZE):
    where = np.arange(margin.size) if where is None else where
    return measure_context(margin.ravel()[where], where, shape=margin.shape, voxel_size_mm=size)


def column(table, name):
    return table[:, CONTEXT_FEATURES.index(name)]


@pytest.fixture
def cube():
    """4 x 4 x 2 voxels (64 mm3) of which all is sure, in a brain of which nothing is."""
    margin = np.full(SHAPE, -12.0)
    margin[10:14, 8:12, 7:9] = 6.0
    return margin


def test_a_voxel_knows_the_island_that_it_lies_on(cube):
    table = describe(cube)
    on = cube.ravel() > 0
    np.testing.assert_allclose(column(table, "log_volume_above_0.0")[on], np.log(64), rtol=1e-6)
    assert np.isnan(column(table, "log_volume_above_0.0")[~on]).all()
    assert (column(table, "margin_max_above_-1.5")[on] == 6).all()


def test_the_first_opinion_is_there_as_it_is(cube):
    np.testing.assert_array_equal(column(describe(cube), "margin"), cube.ravel())


def test_the_share_fades_with_the_distance_and_adds_up(cube):
    table = describe(cube)
    for scale in (1.6, 3.2):
        share = column(table, f"share_{scale}").reshape(SHAPE)
        assert share[11, 9, 7] > share[15, 9, 7] > share[20, 9, 7] >= 0
        assert share.sum() == pytest.approx(32, rel=0.03), "a Gaussian keeps the sum"


def test_what_is_high_and_low_nearby(cube):
    table = describe(cube)
    high, low = (column(table, f"margin_{name}").reshape(SHAPE) for name in ("high", "low"))
    assert high[9, 9, 7] == 6
    assert high[6, 9, 7] == -12
    assert low[10, 9, 7] == -12


def test_voxels_that_were_not_asked_about_are_no_lesion(cube):
    where = np.flatnonzero(cube.ravel() > 0)
    alone, among = describe(cube, where), describe(cube)[where]
    np.testing.assert_allclose(column(alone, "share_3.2"), column(among, "share_3.2"), atol=1e-3)
    np.testing.assert_array_equal(
        column(alone, "longest_mm_above_0.0"), column(among, "longest_mm_above_0.0")
    )


def test_where_nothing_is_likely_there_are_no_islands():
    table = describe(np.full(SHAPE, -12.0))
    assert table.shape == (np.prod(SHAPE), len(CONTEXT_FEATURES))
    assert np.isnan(column(table, "roundness_above_-1.5")).all()
    assert np.isfinite(column(table, "share_12.8")).all()
