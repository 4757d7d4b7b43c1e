import numpy as np
import pytest

from connectome.test_traversal import cut_by_hand
from connectome.tracts import make_tractogram, random_curves
from mslens.connectome import tractogram as module
from mslens.connectome.inverse_index import build_index
from mslens.core.errors import InputError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform

GRID = Grid(
    np.diag([-2.0, 2, 2, 1])
    + np.array([[0, 0, 0, 14.0]] + [[0, 0, 0, -14.0]] * 2 + [[0, 0, 0, 0]]),
    (15, 15, 15),
)
CURVES = random_curves(5, 60)


def test_lists_exactly_the_streamlines_of_each_voxel(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK_POINTS", 80)
    index = build_index(make_tractogram(CURVES), GRID)
    expected = [cut_by_hand(GRID.to_index(curve), GRID.shape) for curve in CURVES]
    for voxel in np.ndindex(*GRID.shape):
        by_hand = [i for i, voxels in enumerate(expected) if voxel in voxels]
        assert index.passing(voxel).tolist() == by_hand
    assert index.visitors.size == sum(len(voxels) for voxels in expected)


def test_knows_the_voxel_of_each_end():
    index = build_index(make_tractogram(CURVES), GRID)
    for number, curve in enumerate(CURVES):
        for side, point in enumerate((curve[0], curve[-1])):
            voxel = np.floor(GRID.to_index(point) + 0.5).astype(int)
            assert index.ends[number, side] == np.ravel_multi_index(tuple(voxel), GRID.shape)


def test_a_warp_brings_streamlines_into_the_template():
    shift = np.eye(4)
    shift[:3, 3] = [0, 40, 0]
    away = make_tractogram([curve - [0, 40, 0] for curve in CURVES])
    warped = build_index(away, GRID, chain=[AffineTransform(shift)])
    plain = build_index(make_tractogram(CURVES), GRID)
    assert (warped.ends == plain.ends).mean() > 0.99
    assert warped.n_streamlines == 60


def test_refuses_another_space_and_compares_the_boxes():
    away = make_tractogram([curve + 500 for curve in CURVES])
    with pytest.raises(InputError, match=r"60 of 60 streamlines leave.*from \(4.*the grid from"):
        build_index(away, GRID)


def test_a_few_that_leave_are_counted():
    curves = [*CURVES, np.array([[0.0, 0, 0], [0, 0, 300]], dtype=np.float32)]
    index = build_index(make_tractogram(curves), GRID, max_outside_share=0.05)
    assert index.n_outside == 1
    assert index.ends[60].tolist()[1] == -1
    with pytest.raises(InputError, match=r"1 of 61 streamlines leave.*number 60"):
        build_index(make_tractogram(curves), GRID, max_outside_share=0.0)


def test_subjects_are_kept():
    index = build_index(make_tractogram(CURVES, np.arange(60) % 4), GRID)
    assert index.n_subjects == 4
