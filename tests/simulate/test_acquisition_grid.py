import numpy as np
import pytest

from mslens.simulate.acquisition_grid import is_on_anatomy, plan_slices, store_as_scanned
from mslens.simulate.scanners import choose_scanner


def plan(scanner, suffix, finest, seed=0):
    sequence = choose_scanner(scanner).sequences[suffix]
    return plan_slices(sequence, finest_mm=finest, rng=np.random.default_rng(seed)), sequence


def test_slices_have_the_voxels_of_the_protocol():
    slices, _ = plan("Avanto", "FLAIR", 1.0)
    np.testing.assert_allclose(slices.grid.voxel_size_mm, (1.0, 1.0, 3.0))
    fine, _ = plan("TimTrio", "FLAIR", 1.0)
    np.testing.assert_allclose(fine.grid.voxel_size_mm, (0.49, 0.49, 3.0), atol=1e-6)
    assert fine.zoom == 2
    coarse, _ = plan("TimTrio", "FLAIR", 2.0)
    np.testing.assert_allclose(coarse.grid.voxel_size_mm, (2.0, 2.0, 3.0))
    assert coarse.zoom == 1


def test_slices_are_tilted_and_cover_the_brain():
    slices, _ = plan("Avanto", "FLAIR", 2.0)
    tilt = np.rad2deg(np.arctan2(slices.grid.affine[2, 1], slices.grid.affine[1, 1]))
    assert 0 < abs(tilt) < 20
    brain = np.array([[0, -105, 0], [0, 70, 0], [0, -20, 76], [0, -45, -55]]) * 0.93
    index = slices.grid.to_index(brain)
    assert (index > -0.5).all()
    assert (index < np.array(slices.grid.shape) - 0.5).all()


def test_three_dimensional_scans_need_no_slice_profile():
    slices, sequence = plan("TimTrio3D", "FLAIR", 1.0)
    assert (slices.sub_slices, slices.zoom) == (1, 1)
    assert is_on_anatomy(choose_scanner("TimTrio").sequences["T1w"], 1.0)
    assert not is_on_anatomy(choose_scanner("Symphony").sequences["T1w"], 1.0)
    assert sequence.is_3d


@pytest.mark.parametrize(("suffix", "codes"), [("T1w", "ASL"), ("FLAIR", "LAS")])
def test_storing_reorders_the_axes_and_moves_nothing(suffix, codes):
    slices, sequence = plan("Avanto", suffix, 4.0)
    data = np.random.default_rng(1).random(slices.grid.shape)
    stored, grid = store_as_scanned(data, slices.grid, sequence)
    assert grid.axis_codes == codes
    index = np.array([[3, 5, 2], [10, 20, 7]])
    there = np.rint(grid.to_index(slices.grid.to_world(index))).astype(int)
    np.testing.assert_array_equal(stored[tuple(there.T)], data[tuple(index.T)])
