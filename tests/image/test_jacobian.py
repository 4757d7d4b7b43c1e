from __future__ import annotations

import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform
from mslens.image.displacement import compose_displacement
from mslens.image.jacobian import jacobian_determinant, measure_log_jacobian

OBLIQUE = Grid(
    np.array([[0, 0, 2.0, 1], [-2.0, 0, 0, 2], [0, 3.0, 0, 3], [0, 0, 0, 1]]), (8, 9, 10)
)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.3])
def test_a_scaling_has_the_cube_of_its_factor_on_any_grid(scale: float) -> None:
    matrix = np.diag([scale, scale, scale, 1.0])
    field = compose_displacement((AffineTransform(matrix),), OBLIQUE)
    np.testing.assert_allclose(jacobian_determinant(field), scale**3, rtol=1e-4)
    np.testing.assert_allclose(measure_log_jacobian(field).data, 3 * np.log(scale), atol=1e-4)


def test_a_rotation_keeps_volumes() -> None:
    c, s = np.cos(0.7), np.sin(0.7)
    matrix = np.array([[c, -s, 0, 3], [s, c, 0, 1], [0, 0, 1, 0], [0, 0, 0, 1]])
    field = compose_displacement((AffineTransform(matrix),), OBLIQUE)
    np.testing.assert_allclose(jacobian_determinant(field), 1.0, rtol=1e-4)


def test_known_local_growth() -> None:
    grid = Grid(np.diag([0.5, 0.5, 0.5, 1.0]), (41, 5, 5))
    x = grid.to_world(np.stack(np.indices(grid.shape), axis=-1))[..., 0]
    field = np.zeros((*grid.shape, 3), dtype=np.float32)
    field[..., 0] = 0.02 * x**2
    found = jacobian_determinant(DisplacementTransform(field, grid))
    np.testing.assert_allclose(found[1:-1], (1 + 0.04 * x)[1:-1], rtol=1e-3)


def test_a_fold_is_negative_and_its_logarithm_bounded() -> None:
    grid = Grid(np.eye(4), (9, 5, 5))
    field = np.zeros((*grid.shape, 3), dtype=np.float32)
    field[..., 0] = -2.0 * np.arange(9)[:, None, None]
    transform = DisplacementTransform(field, grid)
    assert jacobian_determinant(transform).max() < 0
    np.testing.assert_allclose(measure_log_jacobian(transform, floor=0.01).data, np.log(0.01))


def test_smoothing_narrows_the_map_and_keeps_the_volume() -> None:
    rng = np.random.default_rng(0)
    grid = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (20, 20, 20))
    field = DisplacementTransform(
        rng.normal(scale=0.4, size=(*grid.shape, 3)).astype(np.float32), grid
    )
    rough, smooth = (
        measure_log_jacobian(field, smoothing_fwhm_mm=width).data for width in (0.0, 8.0)
    )
    assert smooth.std() < 0.3 * rough.std()
    volume = np.log(np.exp(rough).mean())
    assert smooth.mean() == pytest.approx(volume, abs=0.002)
    assert rough.mean() < volume - 0.01


def test_a_single_slice_has_no_determinant() -> None:
    grid = Grid(np.eye(4), (4, 4, 1))
    with pytest.raises(ImageError, match="no derivative"):
        jacobian_determinant(DisplacementTransform(np.zeros((4, 4, 1, 3), np.float32), grid))
