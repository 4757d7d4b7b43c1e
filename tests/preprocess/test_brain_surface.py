from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from mslens.core.arrays import MaskArray
from mslens.core.errors import QualityError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.preprocess.brain_surface import BrainSurfaceSettings, refine_brain_surface
from mslens.preprocess.mask_quality import measure_overlap

GRID = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (60, 60, 60))
AWAY_MM = np.linalg.norm(2.0 * (np.stack(np.indices(GRID.shape), axis=-1) - 29.5), axis=-1)
BRAIN = AWAY_MM < 36
SETTINGS = BrainSurfaceSettings()


def ball(radius_mm: float) -> MaskArray:
    return np.asarray(np.less(AWAY_MM, radius_mm))


def head(*, marrow: float = 70.0) -> Volume:
    """Ball of grey and white matter in fluid and bone with marrow, under a bright scalp."""
    rng = np.random.default_rng(0)
    tissue = 65 + 35 * (ndimage.gaussian_filter(rng.normal(size=GRID.shape), 2) > 0)
    data = np.where(BRAIN, tissue, 0.0)
    data[(AWAY_MM >= 36) & (AWAY_MM < 38)] = 20.0
    data[(AWAY_MM >= 42) & (AWAY_MM < 46)] = marrow
    data[(AWAY_MM >= 49) & (AWAY_MM < 54)] = 150.0
    smooth = ndimage.gaussian_filter(data, 0.4)
    return Volume((smooth + rng.normal(0, 3, GRID.shape)).clip(0).astype(np.float32), GRID)


@pytest.mark.parametrize("radius_mm", [33.0, 36.0, 40.0])
def test_a_rough_mask_too_small_or_too_large_moves_into_the_fluid(
    radius_mm: float,
) -> None:
    found = refine_brain_surface(head(), ball(radius_mm), settings=SETTINGS)
    in_fluid = [measure_overlap(found.data, ball(border_mm)) for border_mm in (36, 37, 38)]
    assert max(in_fluid) > 0.97
    assert found.data[BRAIN].mean() > 0.95
    assert found.data[AWAY_MM > 39].mean() < 0.001


def test_marrow_that_looks_like_grey_matter_stays_outside() -> None:
    rough = AWAY_MM < 46
    found = refine_brain_surface(head(), rough, settings=SETTINGS)
    marrow = (AWAY_MM > 43) & (AWAY_MM < 45)
    assert found.data[marrow].mean() < 0.05
    assert found.data[BRAIN].mean() > 0.99


def test_the_result_is_one_piece_without_holes_on_the_grid_asked_for() -> None:
    rough = AWAY_MM < 36
    rough[:3, :3, :3] = True
    data = head().data.copy()
    data[28:32, 28:32, 28:32] = 5.0
    fine = GRID.resampled((3.0, 3.0, 3.0))
    found = refine_brain_surface(Volume(data, GRID), rough, settings=SETTINGS, onto=fine)
    assert found.grid == fine
    assert ndimage.label(found.data)[1] == 1
    assert np.array_equal(ndimage.binary_fill_holes(found.data), found.data)


def test_a_rough_mask_without_an_inside_is_refused() -> None:
    thin = np.zeros(GRID.shape, dtype=bool)
    thin[30, 30, 30] = True
    with pytest.raises(QualityError, match="no inside"):
        refine_brain_surface(head(), thin, settings=SETTINGS)
