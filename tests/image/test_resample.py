from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import ndimage

from mslens.core.errors import SettingsError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform
from mslens.core.volume import Volume
from mslens.image.resample import coarsen, resample


def turn(degrees: float, axis: int) -> np.ndarray:
    first, second = [a for a in range(3) if a != axis]
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    matrix = np.eye(4)
    matrix[first, first], matrix[first, second] = c, -s
    matrix[second, first], matrix[second, second] = s, c
    return matrix


def grid_of(kind: str) -> Grid:
    if kind == "plain":
        return Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (20, 22, 24))
    if kind == "flipped":
        affine = np.diag([-2.0, -2.0, 2.0, 1.0])
        affine[:3, 3] = [38, 42, 0]
        return Grid(affine, (20, 22, 24))
    if kind == "anisotropic":
        return Grid(np.diag([1.0, 1.5, 4.0, 1.0]), (40, 29, 12))
    permuted = (
        turn(25, 0)
        @ turn(-15, 2)
        @ np.array([[0, 0, 2.0, 0], [2.0, 0, 0, 0], [0, 2.0, 0, 0], [0, 0, 0, 1]])
    )
    return Grid(permuted, (22, 24, 20))


def ramp(grid: Grid) -> Volume:
    """A linear function of world position: linear and cubic sampling reproduce it exactly."""
    world = grid.to_world(np.stack(np.indices(grid.shape), axis=-1))
    return Volume((world @ [1.0, -0.5, 0.25] + 3.0).astype(np.float32), grid)


@pytest.mark.parametrize("kind", ["plain", "flipped", "anisotropic", "oblique"])
@pytest.mark.parametrize("interpolation", ["linear", "cubic"])
def test_a_linear_function_of_world_position_stays_what_it_is(
    kind: str, interpolation: str
) -> None:
    source = ramp(grid_of(kind))
    inner = source.grid.to_world((np.array(source.grid.shape) - 1) / 2)
    affine = turn(20, 1) @ np.diag([1.3, 1.3, 1.3, 1.0])
    affine[:3, 3] = inner - affine[:3, :3] @ np.full(3, 3.0)
    target = Grid(affine, (7, 7, 7))
    found = resample(source, target, interpolation=interpolation)  # type: ignore[arg-type]
    assert found.data.dtype == np.float32
    # A cubic spline bends near the border, which it mirrors.
    tolerance = 1e-4 if interpolation == "linear" else 0.05
    np.testing.assert_allclose(found.data, ramp(target).data, atol=tolerance)


def test_linear_agrees_with_scipy_through_an_affine_chain() -> None:
    rng = np.random.default_rng(0)
    grid = grid_of("oblique")
    source = Volume(rng.normal(size=grid.shape).astype(np.float32), grid)
    target = grid_of("anisotropic")
    chain = [AffineTransform(turn(10, 0)), AffineTransform(turn(-20, 2))]
    found = resample(source, target, chain, fill=-9.0)
    world = target.to_world(np.stack(np.indices(target.shape), axis=-1))
    moved = world @ (turn(-20, 2) @ turn(10, 0))[:3, :3].T
    index = np.moveaxis(grid.to_index(moved), -1, 0)
    expected = ndimage.map_coordinates(source.data, index, order=1, mode="nearest")
    last = np.array(grid.shape)[:, None, None, None] - 0.5
    inside = ((index >= -0.5) & (index < last)).all(axis=0)
    np.testing.assert_allclose(found.data, np.where(inside, expected, -9.0), atol=1e-5)
    assert inside.any()
    assert not inside.all()


def test_cubic_agrees_with_scipy() -> None:
    rng = np.random.default_rng(1)
    source = Volume(rng.normal(size=(9, 10, 11)).astype(np.float32), Grid(np.eye(4), (9, 10, 11)))
    affine = np.eye(4)
    affine[:3, 3] = [0.3, 0.6, 0.45]
    target = Grid(affine, (8, 9, 10))
    found = resample(source, target, interpolation="cubic")
    index = np.stack(np.indices(target.shape)) + affine[:3, 3][:, None, None, None]
    expected = ndimage.map_coordinates(source.data, index, order=3, mode="mirror")
    expected = np.clip(expected, source.data.min(), source.data.max())
    np.testing.assert_allclose(found.data, expected, atol=1e-5)


def test_a_field_and_an_affine_are_followed_in_order() -> None:
    source = ramp(grid_of("plain"))
    field_grid = Grid(np.diag([10.0, 10.0, 10.0, 1.0]), (5, 5, 5))
    shift = np.zeros((5, 5, 5, 3), dtype=np.float32)
    shift[..., 0] = 4.0
    field = DisplacementTransform(shift, field_grid)
    double = AffineTransform(np.diag([2.0, 1.0, 1.0, 1.0]))
    target = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (5, 5, 5))
    x = target.to_world(np.stack(np.indices(target.shape), axis=-1))
    first_field = resample(source, target, (field, double)).data
    first_affine = resample(source, target, (double, field)).data
    np.testing.assert_allclose(
        first_field, (x + np.array([4, 0, 0])) * [2, 1, 1] @ [1, -0.5, 0.25] + 3, atol=1e-4
    )
    np.testing.assert_allclose(
        first_affine, (x * [2, 1, 1] + np.array([4, 0, 0])) @ [1, -0.5, 0.25] + 3, atol=1e-4
    )


def test_the_outer_half_voxel_belongs_to_the_image() -> None:
    source = Volume(np.full((1, 3, 3), 5.0, dtype=np.float32), Grid(np.eye(4), (1, 3, 3)))
    affine = np.eye(4)
    affine[:3, 3] = [-0.6, 1, 1]
    affine[0, 0] = 0.2
    values = resample(source, Grid(affine, (7, 1, 1)), fill=-1.0).data[:, 0, 0]
    # x = -0.6 .. 0.6 in steps of 0.2: only those within half a voxel are inside.
    np.testing.assert_array_equal(values, [-1, 5, 5, 5, 5, 5, -1])


def test_labels_by_vote_take_no_new_value_and_follow_the_majority() -> None:
    labels = np.zeros((4, 4, 4), dtype=np.int32)
    labels[:2] = 1000
    labels[2:, :2] = 7
    source = Volume(labels, Grid(np.eye(4), (4, 4, 4)), "label")
    affine = np.eye(4)
    affine[:3, 3] = [1.4, 0.0, 0.0]
    found = resample(source, Grid(affine, (1, 4, 4)))
    assert found.kind == "label"
    assert found.data.dtype == np.int32
    np.testing.assert_array_equal(found.data, 1000)
    affine[0, 3] = 1.6
    np.testing.assert_array_equal(
        resample(source, Grid(affine, (1, 4, 4))).data[0, :, 0], [7, 7, 0, 0]
    )


def test_a_tie_between_labels_goes_to_the_smaller() -> None:
    labels = np.array([9, 3], dtype=np.int32).reshape(2, 1, 1)
    affine = np.eye(4)
    affine[0, 3] = 0.5
    found = resample(Volume(labels, Grid(np.eye(4), (2, 1, 1)), "label"), Grid(affine, (1, 1, 1)))
    assert found.data.item() == 3


def test_masks_keep_their_volume_on_a_finer_oblique_grid() -> None:
    index = np.stack(np.indices((30, 30, 30)), axis=-1)
    ball = np.linalg.norm((index - 14.5) * 2.0, axis=-1) < 20
    source = Volume(ball, Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (30, 30, 30)), "mask")
    fine = turn(30, 1) @ np.diag([1.0, 1.0, 1.0, 1.0])
    fine[:3, 3] = np.full(3, 29.0) - fine[:3, :3] @ np.full(3, 32.0)
    found = resample(source, Grid(fine, (65, 65, 65)))
    assert found.data.dtype == np.bool_
    assert found.data.sum() == pytest.approx(ball.sum() * 8, rel=0.01)


def test_phase_is_interpolated_across_the_wrap() -> None:
    phase = np.array([np.pi - 0.1, -np.pi + 0.1], dtype=np.float32).reshape(2, 1, 1)
    affine = np.eye(4)
    affine[0, 3] = 0.5
    found = resample(Volume(phase, Grid(np.eye(4), (2, 1, 1)), "phase"), Grid(affine, (1, 1, 1)))
    assert abs(float(found.data.item())) == pytest.approx(np.pi, abs=1e-5)


def test_antialiasing_keeps_a_checkerboard_from_being_read_as_one_colour() -> None:
    board = np.indices((32, 32, 32)).sum(axis=0) % 2
    source = Volume(board.astype(np.float32), Grid(np.eye(4), (32, 32, 32)))
    target = Grid(np.diag([4.0, 4.0, 4.0, 1.0]), (8, 8, 8))
    assert np.ptp(resample(source, target).data) == 0
    inner = resample(source, target, antialias=True).data[2:-2, 2:-2, 2:-2]
    np.testing.assert_allclose(inner, 0.5, atol=0.02)


def test_coarsening_leaves_thick_slices_alone() -> None:
    source = ramp(grid_of("anisotropic"))
    coarse = coarsen(source, 3.0)
    assert coarse.grid.voxel_size_mm == pytest.approx((3.0, 3.0, 4.0))
    inner = (slice(2, -2), slice(2, -2), slice(None))
    np.testing.assert_allclose(coarse.data[inner], ramp(coarse.grid).data[inner], atol=1e-3)


@given(
    shift=st.tuples(*[st.integers(-3, 3)] * 3),
    interpolation=st.sampled_from(["nearest", "linear", "cubic"]),
)
def test_whole_voxel_shifts_move_values_without_changing_them(
    shift: tuple[int, int, int], interpolation: str
) -> None:
    rng = np.random.default_rng(5)
    data = rng.normal(size=(9, 8, 7)).astype(np.float32)
    affine = np.eye(4)
    affine[:3, 3] = shift
    found = resample(
        Volume(data, Grid(np.eye(4), data.shape)),
        Grid(affine, (4, 4, 4)),
        interpolation=interpolation,  # type: ignore[arg-type]
        fill=0.0,
    )
    padded = np.pad(data, 3)
    i, j, k = (s + 3 for s in shift)
    np.testing.assert_allclose(found.data, padded[i : i + 4, j : j + 4, k : k + 4], atol=2e-5)


def test_the_source_is_not_written_into() -> None:
    source = ramp(grid_of("plain"))
    before = source.data.copy()
    resample(source, grid_of("oblique"), interpolation="cubic", antialias=True)
    np.testing.assert_array_equal(source.data, before)


def test_a_label_map_is_not_interpolated_linearly() -> None:
    labels = Volume(np.zeros((2, 2, 2), dtype=np.int32), Grid(np.eye(4), (2, 2, 2)), "label")
    with pytest.raises(SettingsError, match="cannot be interpolated by 'linear'"):
        resample(labels, labels.grid, interpolation="linear")
    with pytest.raises(SettingsError, match="cannot be smoothed"):
        resample(labels, labels.grid, antialias=True)
