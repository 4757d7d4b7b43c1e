from pathlib import Path

import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.io.image_header import place, require_numbers, require_volume, require_voxel_size

WHERE = Path("a.nii")
SHAPE = (9, 10, 11)


def test_trailing_single_dimensions_are_dropped_and_inner_ones_are_not() -> None:
    assert require_volume([9, 10, 11, 1, 1], where=WHERE) == SHAPE
    with pytest.raises(ImageError, match=r"5 dimensions \(9x10x11x1x3\)"):
        require_volume([9, 10, 11, 1, 3], where=WHERE)


@pytest.mark.parametrize("dims", [[], [0, 9, 9], [9], [9, 9], [7, 9, 9], [9, 9, 1]])
def test_less_than_a_volume_is_an_error(dims: list[int]) -> None:
    with pytest.raises(ImageError) as caught:
        require_volume(dims, where=WHERE)
    assert caught.value.where == "a.nii"
    assert caught.value.cure


def test_errors_of_the_grid_get_their_file() -> None:
    for affine in (np.zeros((4, 4)), np.full((4, 4), np.nan), np.diag([1.0, 1, 0, 1])):
        with pytest.raises(ImageError) as caught:
            place(affine, SHAPE, where=WHERE)
        assert caught.value.where == "a.nii"


@pytest.mark.parametrize("size", [0.2, 1.0, 10.0])
def test_the_limits_of_the_voxel_size_belong_to_it(size: float) -> None:
    grid = Grid(np.diag([size, size, size, 1.0]), SHAPE)
    stored = float(np.float32(size))
    require_voxel_size((stored, stored, stored), grid, unit="mm", where=WHERE)
    with pytest.raises(ImageError, match=r"pixdim says|voxels are"):
        require_voxel_size((stored * 1.05, stored, stored), grid, unit="mm", where=WHERE)


@pytest.mark.parametrize("dtype", ["complex64", "V4", "S3", [("R", "u1"), ("G", "u1")]])
def test_only_real_numbers_are_voxels(dtype: object) -> None:
    with pytest.raises(ImageError, match="voxels are of type"):
        require_numbers(np.dtype(dtype), where=WHERE)
    assert require_numbers(np.dtype(">i2"), where=WHERE) == np.dtype(">i2")
