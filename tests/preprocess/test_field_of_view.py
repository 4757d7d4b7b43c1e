from __future__ import annotations

import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.preprocess.field_of_view import (
    bound_mask,
    crop_around,
    enclose_mask,
    signed_depth,
    widen_mask,
)

FLIPPED = Grid(
    np.array([[-1.0, 0, 0, 50], [0, 0, 2.0, 10], [0, -3.0, 0, 7], [0, 0, 0, 1]]), (20, 15, 12)
)


def block() -> np.ndarray:
    mask = np.zeros(FLIPPED.shape, dtype=bool)
    mask[5:9, 6:8, 3:10] = True
    return mask


def test_bounds_are_the_outer_faces_of_the_voxels() -> None:
    low, high = bound_mask(FLIPPED, block())
    np.testing.assert_allclose(low, [50 - 8.5, 10 + 2 * 2.5, 7 - 3 * 7.5])
    np.testing.assert_allclose(high, [50 - 4.5, 10 + 2 * 9.5, 7 - 3 * 5.5])


def test_an_empty_mask_has_no_bounds() -> None:
    with pytest.raises(ImageError, match="empty"):
        bound_mask(FLIPPED, np.zeros(FLIPPED.shape, dtype=bool))


def test_the_enclosing_grid_holds_the_mask_and_its_margin() -> None:
    grid = enclose_mask(FLIPPED, block(), margin_mm=6.0, voxel_size_mm=2.0)
    assert grid.axis_codes == "RAS"
    assert grid.voxel_size_mm == (2.0, 2.0, 2.0)
    low, high = bound_mask(FLIPPED, block())
    np.testing.assert_allclose(grid.to_world(np.full(3, -0.5)), low - 6)
    assert (grid.to_world(np.array(grid.shape) - 0.5) >= high + 6 - 1e-9).all()


def test_widening_adds_what_is_near_in_millimetres() -> None:
    mask = np.zeros(FLIPPED.shape, dtype=bool)
    mask[10, 7, 6] = True
    wide = widen_mask(mask, voxel_size_mm=(1.0, 3.0, 2.0), by_mm=3.0)
    assert wide[13, 7, 6]
    assert wide[10, 8, 6]
    assert wide[10, 7, 7]
    assert not wide[14, 7, 6]
    assert not wide[10, 9, 6]
    assert not wide[10, 7, 8]


def test_depth_is_positive_inside_and_counts_from_the_surface() -> None:
    mask = np.zeros((11, 3, 3), dtype=bool)
    mask[3:8] = True
    depth = signed_depth(mask, voxel_size_mm=(2.0, 2.0, 2.0))[:, 1, 1]
    np.testing.assert_allclose(depth[3:8], [1, 3, 5, 3, 1])
    np.testing.assert_allclose(depth[[2, 8, 0]], [-1, -1, -5])


def test_cropping_keeps_every_voxel_in_its_place() -> None:
    data = np.arange(np.prod(FLIPPED.shape), dtype=np.float32).reshape(FLIPPED.shape)
    volume = Volume(data, FLIPPED)
    found = crop_around(volume, block(), margin_mm=2.0)
    assert found.grid.shape[0] == 8
    centre = found.grid.to_world(np.array([3, 2, 4]))
    i, j, k = np.round(FLIPPED.to_index(centre)).astype(int)
    assert found.data[3, 2, 4] == data[i, j, k]
    np.testing.assert_allclose(FLIPPED.to_index(centre), [i, j, k], atol=1e-9)
