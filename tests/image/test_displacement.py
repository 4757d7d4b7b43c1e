from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import ndimage

from mslens.core.errors import QualityError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform, apply_affine
from mslens.image.chain import iterate_slabs, simplify_chain, transform_points
from mslens.image.displacement import compose_displacement, fit_affine, invert_displacement
from mslens.image.jacobian import jacobian_determinant
from mslens.image.unfold import bound_jacobian, fade_out

GRID = Grid(np.diag([4.0, 4.0, 4.0, 1.0]), (20, 20, 20))


def smooth_field(largest_mm: float, seed: int = 0) -> DisplacementTransform:
    noise = np.random.default_rng(seed).normal(size=(*GRID.shape, 3))
    field = ndimage.gaussian_filter(noise, (3, 3, 3, 0))
    return DisplacementTransform(
        (field / np.abs(field).max() * largest_mm).astype(np.float32), GRID
    )


def tilt(degrees: float, scale: float = 1.1) -> AffineTransform:
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    matrix = np.eye(4)
    matrix[1:3, 1:3] = np.array([[c, -s], [s, c]]) * scale
    matrix[:3, 3] = [5, -3, 2]
    return AffineTransform(matrix)


def inner_points() -> np.ndarray:
    return np.random.default_rng(9).uniform(24, 52, (500, 3))


def test_composition_equals_following_the_chain() -> None:
    chain = (smooth_field(4.0), tilt(30), smooth_field(3.0, seed=1))
    composed = compose_displacement(chain, GRID)
    at_samples = GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1))
    np.testing.assert_allclose(
        transform_points(at_samples, (composed,)), transform_points(at_samples, chain), atol=1e-3
    )
    np.testing.assert_allclose(
        transform_points(inner_points(), (composed,)),
        transform_points(inner_points(), chain),
        atol=0.3,
    )


def test_outside_its_grid_a_field_keeps_its_border_value() -> None:
    field = smooth_field(5.0)
    corner = field.displacement_mm[0, 0, 0]
    moved = transform_points(np.array([[-100.0, -100.0, -100.0]]), (field,))
    np.testing.assert_allclose(moved[0], np.array([-100.0, -100.0, -100.0]) + corner, atol=1e-4)


@pytest.mark.parametrize("degrees", [0, 45, 120])
def test_inverse_undoes_the_field_for_any_tilt(degrees: float) -> None:
    forward = compose_displacement((smooth_field(6.0), tilt(degrees)), GRID)
    moved = transform_points(inner_points(), (forward,))
    low, high = moved.min(axis=0) - 12, moved.max(axis=0) + 12
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    affine[:3, 3] = low
    target = Grid(affine, tuple(int(n) for n in np.ceil((high - low) / 3.0)))
    found = invert_displacement(forward, target)
    assert found.max_error_mm < 0.05
    back = transform_points(moved, (found.transform,))
    assert np.linalg.norm(back - inner_points(), axis=1).mean() < 0.15


def test_steep_places_are_inverted_too() -> None:
    # Volumes shrink to a fifth and grow fivefold: a fixed-point iteration gets stuck there.
    rough = ndimage.gaussian_filter(
        np.random.default_rng(4).normal(size=(*GRID.shape, 3)), (1.5, 1.5, 1.5, 0)
    )
    field = DisplacementTransform((rough / rough.std() * 4.0).astype(np.float32), GRID)
    steep = bound_jacobian(fade_out(field, width_mm=12.0), low=0.2, high=5.0).transform
    determinant = jacobian_determinant(steep)
    assert determinant.min() < 0.25
    assert determinant.max() > 3.0
    found = invert_displacement(steep, GRID).transform
    goals = GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1))
    missed = np.linalg.norm(transform_points(goals, (found, steep)) - goals, axis=-1)
    assert (missed > 0.05).mean() < 0.001


def test_fit_affine_recovers_an_affine_field() -> None:
    affine = tilt(20, 0.9)
    found = fit_affine(compose_displacement((affine,), GRID))
    np.testing.assert_allclose(found.matrix, affine.matrix, atol=1e-5)


def test_fit_affine_follows_its_weights() -> None:
    field = np.zeros((*GRID.shape, 3), dtype=np.float32)
    field[10:, ..., 0] = 7.0
    weights = np.zeros(GRID.shape)
    weights[10:] = 1.0
    found = fit_affine(DisplacementTransform(field, GRID), weights)
    np.testing.assert_allclose(found.matrix[:3, 3], [7, 0, 0], atol=1e-4)
    np.testing.assert_allclose(found.matrix[:3, :3], np.eye(3), atol=1e-5)


def test_a_mirrored_field_has_no_inverse_here() -> None:
    mirror = AffineTransform(np.diag([-1.0, 1.0, 1.0, 1.0]))
    with pytest.raises(QualityError, match="inside out"):
        invert_displacement(compose_displacement((mirror,), GRID), GRID)


def test_neighbouring_affine_transforms_are_merged() -> None:
    field = smooth_field(1.0)
    chain = simplify_chain((tilt(10), tilt(20), field, tilt(30)))
    assert [type(t).__name__ for t in chain] == [
        "AffineTransform",
        "DisplacementTransform",
        "AffineTransform",
    ]


@settings(max_examples=25)
@given(
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    degrees=st.floats(-180, 180),
    has_source=st.booleans(),
)
def test_slabs_cover_every_voxel_once_with_its_place(
    shape: tuple[int, int, int], degrees: float, has_source: bool
) -> None:
    grid = Grid(np.diag([1.0, -2.0, 3.0, 1.0]), shape)
    source = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (3, 3, 3)) if has_source else None
    slabs = list(iterate_slabs(grid, (tilt(degrees),), source=source))
    covered = [i for slab, _ in slabs for i in range(slab.start, slab.stop)]
    assert covered == list(range(shape[0]))
    index = np.stack(np.indices(shape), axis=-1).reshape(-1, 3)
    expected = apply_affine(tilt(degrees).matrix, grid.to_world(index))
    if source is not None:
        expected = source.to_index(expected)
    np.testing.assert_allclose(np.concatenate([p for _, p in slabs]), expected, atol=1e-9)
