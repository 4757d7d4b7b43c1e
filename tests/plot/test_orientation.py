import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.plot.orientation import (
    CUT_AXIS,
    EDGE_MARKS,
    cut_picture,
    picture_spacing_mm,
    reorient_to_ras,
)

CODES = [
    "".join(code)
    for order in itertools.permutations(("LR", "PA", "IS"))
    for code in itertools.product(*order)
]


def grid_of(codes: str, shape=(4, 5, 6), size=(1.0, 2.0, 3.0)) -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = 0
    for axis, (code, mm) in enumerate(zip(codes, size, strict=True)):
        world = next(w for w, pair in enumerate(("LR", "PA", "IS")) if code in pair)
        affine[world, axis] = mm if code in "RAS" else -mm
    affine[:3, 3] = (7.0, -11.0, 13.0)
    return Grid(affine, shape)


@pytest.mark.parametrize("codes", CODES)
def test_every_voxel_keeps_its_place_in_the_world(codes):
    grid = grid_of(codes)
    data = np.arange(np.prod(grid.shape), dtype=np.float32).reshape(grid.shape)
    turned = reorient_to_ras(Volume(data, grid))
    assert turned.grid.axis_codes == "RAS"
    index = np.argwhere(np.ones(grid.shape, dtype=bool))
    moved = np.rint(turned.grid.to_index(grid.to_world(index))).astype(int)
    np.testing.assert_array_equal(turned.data[tuple(moved.T)], data[tuple(index.T)])


def test_an_oblique_grid_keeps_its_angle():
    turn = np.deg2rad(12)
    affine = np.diag([-1.0, 1.0, 1.0, 1.0])
    affine[:2, :2] = affine[:2, :2] @ [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    volume = Volume(np.zeros((3, 4, 5), dtype=np.float32), Grid(affine, (3, 4, 5)))
    turned = reorient_to_ras(volume)
    assert turned.grid.axis_codes == "RAS"
    np.testing.assert_allclose(
        turned.grid.affine[:3, 0], -affine[:3, 0]
    )  # flipped, neither rotated nor rounded


def marked(world_axis: int) -> np.ndarray:
    """RAS array that is 1 in the half that lies right, anterior or superior."""
    data = np.zeros((6, 8, 10))
    upper = [slice(None)] * 3
    upper[world_axis] = slice(data.shape[world_axis] // 2, None)
    data[tuple(upper)] = 1
    return data


RIGHT, ANTERIOR, SUPERIOR = 0, 1, 2


@pytest.mark.parametrize(
    ("plane", "half", "rows", "columns"),
    [
        ("axial", RIGHT, slice(None), slice(0, 3)),
        ("axial", ANTERIOR, slice(0, 4), slice(None)),
        ("coronal", RIGHT, slice(None), slice(0, 3)),
        ("coronal", SUPERIOR, slice(0, 5), slice(None)),
        ("sagittal", ANTERIOR, slice(None), slice(0, 4)),
        ("sagittal", SUPERIOR, slice(0, 5), slice(None)),
    ],
)
def test_a_half_of_the_head_lies_where_a_radiologist_looks_for_it(plane, half, rows, columns):
    picture = cut_picture(marked(half), plane, 2)
    expected = np.zeros_like(picture)
    expected[rows, columns] = 1
    np.testing.assert_array_equal(picture, expected)


def test_the_marks_say_what_the_convention_does():
    assert EDGE_MARKS["axial"] == EDGE_MARKS["coronal"] == ("R", "L")
    assert EDGE_MARKS["sagittal"] == ("A", "P")


@given(
    plane=st.sampled_from(["axial", "coronal", "sagittal"]),
    size=st.tuples(*[st.floats(0.2, 6)] * 3),
)
def test_the_spacing_fits_the_picture(plane, size):
    grid = Grid(np.diag([*size, 1.0]), (4, 5, 6))
    picture = cut_picture(np.zeros(grid.shape), plane, 0)
    height, width = picture_spacing_mm(grid, plane)
    extent = np.array(grid.shape) * size
    others = [axis for axis in range(3) if axis != CUT_AXIS[plane]]
    assert picture.shape[1] * width == pytest.approx(extent[others[0]])
    assert picture.shape[0] * height == pytest.approx(extent[others[1]])
