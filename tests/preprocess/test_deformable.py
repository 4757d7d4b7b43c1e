from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform
from mslens.core.volume import Volume
from mslens.image.chain import transform_points
from mslens.image.jacobian import jacobian_determinant
from mslens.image.resample import resample
from mslens.preprocess.deformable import DeformableSettings, register_deformable

GRID = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (40, 40, 40))
SETTINGS = DeformableSettings(
    levels_mm=(8.0, 4.0, 2.0), iterations=(40, 40, 40), step=0.25, step_sigma=1.5, field_sigma=0.4
)


def texture() -> Volume:
    noise = np.random.default_rng(0).normal(size=GRID.shape)
    data = ndimage.gaussian_filter(noise, 2.0) + 3 * ndimage.gaussian_filter(noise, 4.0)
    return Volume((data / data.std()).astype(np.float32), GRID)


def known_field(largest_mm: float = 5.0) -> DisplacementTransform:
    noise = np.random.default_rng(1).normal(size=(*GRID.shape, 3))
    field = ndimage.gaussian_filter(noise, (7, 7, 7, 0))
    edge = ndimage.gaussian_filter(np.pad(np.ones((24, 24, 24)), 8), 3)[..., None]
    field = field * edge / np.abs(field * edge).max() * largest_mm
    return DisplacementTransform(field.astype(np.float32), GRID)


def everywhere() -> Volume:
    return Volume(np.ones(GRID.shape, dtype=np.float32), GRID)


def error_mm(found: DisplacementTransform) -> tuple[float, float]:
    points = np.random.default_rng(2).uniform(20, 58, (3000, 3))
    truth = transform_points(points, (known_field(),)) - points
    ours = transform_points(points, (found,)) - points
    return float(np.linalg.norm(ours - truth, axis=1).mean()), float(
        np.linalg.norm(truth, axis=1).mean()
    )


@pytest.mark.parametrize("contrast", [1.0, -0.5])
def test_a_known_deformation_is_found_in_either_contrast(contrast: float) -> None:
    moving = texture()
    fixed = resample(moving, GRID, (known_field(),))
    found = register_deformable(
        fixed.like(contrast * fixed.data + 7),
        moving,
        initial=(),
        weight=everywhere(),
        box=GRID,
        settings=SETTINGS,
    )
    left, before = error_mm(found.transform)
    assert before > 1.2
    assert left < 0.3 * before
    assert found.metric[-1][1] > found.metric[-1][0]
    assert jacobian_determinant(found.transform).min() > 0


def test_the_initial_map_is_kept_and_only_the_rest_is_found() -> None:
    moving = texture()
    shift = np.eye(4)
    shift[:3, 3] = [6.0, -4.0, 0.0]
    away = AffineTransform(shift)
    fixed = resample(moving, GRID, (known_field(),))
    elsewhere = Volume(moving.data, Grid(shift @ GRID.affine, GRID.shape))
    found = register_deformable(
        fixed, elsewhere, initial=(away,), weight=everywhere(), box=GRID, settings=SETTINGS
    )
    left, before = error_mm(found.transform)
    assert left < 0.3 * before


def test_equal_images_hardly_move() -> None:
    found = register_deformable(
        texture(), texture(), initial=(), weight=everywhere(), box=GRID, settings=SETTINGS
    )
    assert np.abs(found.transform.displacement_mm).mean() < 0.35


def test_a_level_ends_when_nothing_is_gained() -> None:
    found = register_deformable(
        texture(),
        texture(),
        initial=(),
        weight=everywhere(),
        box=GRID,
        settings=SETTINGS.model_copy(update={"min_gain": 0.05}),
    )
    assert all(count < 40 for count in found.iterations)


@pytest.mark.parametrize(
    ("levels_mm", "kept"), [((8.0, 4.0, 1.5), 2), ((4.0, 2.0, 1.7), 3), ((1.0,), 1)]
)
def test_levels_finer_than_the_image_are_left_out(levels_mm: tuple[float, ...], kept: int) -> None:
    """The image has voxels of 2 mm; the coarsest level stays whatever its size."""
    settings = SETTINGS.model_copy(
        update={"levels_mm": levels_mm, "iterations": (2,) * len(levels_mm)}
    )
    fixed = resample(texture(), GRID, (known_field(),))
    found = register_deformable(
        fixed, texture(), initial=(), weight=everywhere(), box=GRID, settings=settings
    )
    assert len(found.metric) == kept
    assert found.transform.grid.voxel_size_mm[0] == pytest.approx(levels_mm[kept - 1])


def test_the_same_input_gives_the_same_bytes() -> None:
    fixed = resample(texture(), GRID, (known_field(),))
    one, other = (
        register_deformable(
            fixed, texture(), initial=(), weight=everywhere(), box=GRID, settings=SETTINGS
        )
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.transform.displacement_mm, other.transform.displacement_mm)
    assert one.metric == other.metric


def test_without_weight_nothing_moves() -> None:
    fixed = resample(texture(), GRID, (known_field(),))
    found = register_deformable(
        fixed,
        texture(),
        initial=(),
        weight=fixed.like(np.zeros(GRID.shape, dtype=np.float32)),
        box=GRID,
        settings=SETTINGS,
    )
    assert not found.transform.displacement_mm.any()


def test_steep_spots_are_smoothed_at_every_level() -> None:
    fixed = resample(texture(), GRID, (known_field(12.0),))
    loose = SETTINGS.model_copy(update={"field_sigma": 0.0, "step": 1.0, "smallest_jacobian": 0.4})
    found = register_deformable(
        fixed, texture(), initial=(), weight=everywhere(), box=GRID, settings=loose
    )
    determinant = jacobian_determinant(found.transform)
    assert determinant.min() >= 0.4
    assert determinant.max() <= 2.5
    assert len(found.smoothing_mm) == 3
    assert max(found.smoothing_mm) > 0
