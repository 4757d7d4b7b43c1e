import numpy as np
import pytest

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, identity
from mslens.io.templates import load_template
from mslens.segment.lesion_geography import GEOGRAPHY, map_geography


@pytest.fixture(scope="module")
def template():
    return load_template(4.0)


@pytest.fixture(scope="module")
def maps(template):
    return dict(zip(GEOGRAPHY, map_geography(template.gm.grid, identity()), strict=True))


def test_tissue_is_that_of_the_template_and_adds_up(maps, template):
    np.testing.assert_allclose(maps["csf"] + maps["gm"] + maps["wm"], 1, atol=1e-5)
    assert np.corrcoef(maps["wm"].ravel(), template.wm.data.ravel())[0, 1] > 0.93


def test_places_are_millimetres_of_the_template(maps, template):
    inside = template.brain.data
    index = np.argwhere(inside)
    points = index @ template.gm.grid.affine[:3, :3].T + template.gm.grid.affine[:3, 3]
    found = [maps[name][inside] for name in ("lateral_mm", "anterior_mm", "superior_mm")]
    np.testing.assert_allclose(found[0], np.abs(points[:, 0]), atol=1e-3)
    np.testing.assert_allclose(found[1:], points[:, 1:].T, atol=1e-3)


def test_ventricles_lie_where_they_should(maps):
    near = maps["ventricle_mm"] == 0
    assert 0.01 < near.mean() * near.size * 0.064 < 60
    assert maps["depth_mm"][near].min() > 15
    assert maps["lateral_mm"][near].max() < 40


def test_a_transform_moves_the_maps():
    grid = Grid(np.diag([4.0, 4, 4, 1]), (5, 5, 5))
    shift = np.eye(4)
    shift[:3, 3] = (10, -20, 30)
    here, there = (map_geography(grid, t) for t in (identity(), AffineTransform(shift)))
    np.testing.assert_allclose(there[6] - here[6], -20, atol=1e-3)
    np.testing.assert_allclose(there[7] - here[7], 30, atol=1e-3)
