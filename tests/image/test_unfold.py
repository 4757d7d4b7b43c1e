from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mslens.core.grid import Grid
from mslens.core.transform import DisplacementTransform
from mslens.image.jacobian import jacobian_determinant
from mslens.image.unfold import bound_jacobian, fade_out

GRID = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (24, 24, 24))


def smooth_with_a_kink(kink_mm: float) -> DisplacementTransform:
    noise = np.random.default_rng(0).normal(size=(*GRID.shape, 3))
    field = ndimage.gaussian_filter(noise, (4, 4, 4, 0))
    field *= 2.0 / np.abs(field).max()
    field[6, 6, 6, 0] += kink_mm
    return DisplacementTransform(field.astype(np.float32), GRID)


def test_a_fold_is_smoothed_away_and_the_rest_stays() -> None:
    folded = smooth_with_a_kink(12.0)
    assert jacobian_determinant(folded).min() < 0
    found = bound_jacobian(folded, low=0.2, high=5.0)
    assert found.is_within
    determinant = jacobian_determinant(found.transform)
    assert determinant.min() >= 0.2
    assert determinant.max() <= 5.0
    assert found.largest_change_mm > 5.0
    np.testing.assert_array_equal(found.transform.displacement_mm[18:], folded.displacement_mm[18:])


def test_a_field_within_its_bounds_is_left_alone() -> None:
    field = smooth_with_a_kink(0.0)
    found = bound_jacobian(field)
    assert found.rounds == 0
    assert found.largest_change_mm == 0.0
    np.testing.assert_array_equal(found.transform.displacement_mm, field.displacement_mm)


def test_bounds_out_of_reach_are_said_to_be() -> None:
    found = bound_jacobian(smooth_with_a_kink(12.0), low=0.999, high=1.001, max_rounds=2)
    assert not found.is_within
    assert found.rounds == 2


def test_the_input_is_not_written_into() -> None:
    folded = smooth_with_a_kink(12.0)
    before = folded.displacement_mm.copy()
    bound_jacobian(folded)
    np.testing.assert_array_equal(folded.displacement_mm, before)
    assert pytest.approx(12.0, abs=2.5) == before[6, 6, 6, 0]


def test_fading_stills_the_border_and_leaves_the_middle() -> None:
    field = smooth_with_a_kink(0.0)
    found = fade_out(field, width_mm=8.0).displacement_mm
    for axis in range(3):
        assert not np.take(found, 0, axis=axis).any()
        assert not np.take(found, -1, axis=axis).any()
    inner = (slice(4, -4),) * 3
    np.testing.assert_array_equal(found[inner], field.displacement_mm[inner])
    assert (np.abs(found) <= np.abs(field.displacement_mm)).all()
