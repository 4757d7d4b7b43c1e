import numpy as np
import pytest

from mslens.simulate.head import PARTS, build_head, head_grid


@pytest.fixture(scope="module")
def head(maps):
    return build_head(maps.brain_level > 0, maps.grid, voxel_size_mm=4.0)


def distance(head, part, point):
    index = tuple(np.rint(head.grid.to_index(np.array(point))).astype(int))
    return head.distance_mm[(*index, PARTS.index(part))]


def test_the_brain_lies_inside_its_hull_and_the_hull_inside_the_skin(maps, head):
    brain = np.argwhere(maps.brain_level > 2)
    index = np.rint(head.grid.to_index(maps.grid.to_world(brain))).astype(int)
    hull, skin = (head.distance_mm[(*index.T, PARTS.index(p))] for p in ("hull", "skin"))
    assert (hull < 3).mean() > 0.99
    assert (skin < -6).mean() > 0.99


def test_parts_lie_where_they_belong(head):
    assert distance(head, "eye", (32, 65, -38)) < -8
    assert distance(head, "eye", (-32, 65, -38)) < -8
    assert distance(head, "skin", (0, -34, -140)) < 0
    assert distance(head, "skin", (0, 120, 90)) > 0
    assert distance(head, "cord", (0, -49, -110)) < 0
    assert distance(head, "hull", (0, 0, 20)) < -20


def test_left_and_right_are_mirrored(head):
    mirrored = head.distance_mm[::-1]
    away = np.abs(mirrored - head.distance_mm)
    near = np.minimum(mirrored, head.distance_mm) < 8
    assert np.median(away[near]) < 0.5


def test_the_grid_covers_the_box():
    grid = head_grid(3.0)
    corner = grid.to_world(np.array(grid.shape) - 1)
    assert (corner >= [97, 121, 109]).all()
