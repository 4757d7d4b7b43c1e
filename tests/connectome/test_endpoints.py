import numpy as np
import pytest

from mslens.connectome.endpoints import assign_ends
from mslens.core.errors import InputError

LABELS = np.zeros((10, 3, 3), dtype=np.int32)
LABELS[0] = 4
LABELS[9] = 7


def flat(*voxels):
    return np.array([[np.ravel_multi_index(v, LABELS.shape) for v in voxels]], dtype=np.int32)


def test_an_end_takes_its_own_region_or_the_nearest_within_the_margin():
    ends = np.concatenate(
        [flat((0, 1, 1), (9, 0, 0)), flat((2, 1, 1), (7, 1, 1)), flat((3, 1, 1), (5, 1, 1))]
    )
    found = assign_ends(ends, LABELS, voxel_size_mm=(1.0, 1.0, 1.0), margin_mm=2.0)
    assert found.tolist() == [[4, 7], [4, 7], [0, 0]]


def test_the_margin_is_in_millimetres():
    found = assign_ends(flat((1, 1, 1), (8, 1, 1)), LABELS, voxel_size_mm=(3.0, 1.0, 1.0))
    assert found.tolist() == [[0, 0]]


def test_an_end_outside_the_grid_has_no_region():
    found = assign_ends(np.array([[-1, 0]]), LABELS, voxel_size_mm=(1.0, 1.0, 1.0))
    assert found.tolist() == [[0, 4]]


def test_refuses_label_maps_that_do_not_fit():
    with pytest.raises(InputError, match="negative"):
        assign_ends(flat((0, 0, 0), (0, 0, 0)), LABELS - 1, voxel_size_mm=(1, 1, 1))
    with pytest.raises(InputError, match="grid of the index"):
        assign_ends(np.array([[5000, 0]]), LABELS, voxel_size_mm=(1, 1, 1))
