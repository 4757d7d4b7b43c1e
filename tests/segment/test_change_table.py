import numpy as np
import pytest

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.image.location import LOCATIONS, LocationSettings, Neighbourhood
from mslens.segment.change_table import CHANGE_COLUMNS, tabulate_changes
from mslens.segment.lesion_change import LesionChanges

SHAPE = (12, 10, 8)
GRID = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), SHAPE)
SHIFT = np.array([5.0, -3.0, 1.0])


def changes(*boxes):
    instances = np.zeros(SHAPE, dtype=np.int32)
    for number, box in enumerate(boxes, start=1):
        instances[box] = number
    kinds = ("new", "shrinking")[: len(boxes)]
    return LesionChanges(
        instances=instances,
        kinds=kinds,
        confidence=(0.9, 0.8)[: len(boxes)],
        subtraction=np.where(instances == 1, 0.5, -0.25).astype(np.float32),
        contrast=0.6,
        noise=0.03,
    )


def near():
    far = np.full(SHAPE, np.inf, dtype=np.float32)
    ventricle = far.copy()
    ventricle[:4] = 0
    nothing = np.zeros(SHAPE, dtype=bool)
    return Neighbourhood(ventricle, far, nothing, nothing)


def tabulate(found):
    forth = np.eye(4)
    forth[:3, 3] = SHIFT
    return tabulate_changes(
        found,
        near(),
        grid=GRID,
        to_later=[AffineTransform(forth)],
        location=LocationSettings(),
    )


def test_a_row_says_where_and_how_much():
    table = tabulate(changes(np.s_[1:3, 1:3, 1:3], np.s_[8:9, 4:6, 4:6]))
    assert list(table.columns) == list(CHANGE_COLUMNS)
    first, second = table.to_dict("records")
    assert first["volume_ml"] == pytest.approx(0.064)
    assert (first["voxels"], second["voxels"]) == (8, 4)
    centre = np.array([first[f"{axis}_mm"] for axis in "xyz"])
    np.testing.assert_allclose(centre, np.array([3.0, 3.0, 3.0]) + SHIFT)
    assert (first["location"], second["location"]) == ("periventricular", "deep-white-matter")
    assert (first["kind"], second["kind"]) == ("new", "shrinking")
    assert (first["difference"], second["difference"]) == pytest.approx((0.5, -0.25))
    assert (first["confidence"], second["confidence"]) == (0.9, 0.8)


def test_no_change_is_an_empty_table_with_its_columns():
    table = tabulate(changes())
    assert len(table) == 0
    assert list(table.columns) == list(CHANGE_COLUMNS)


def test_every_location_is_described():
    assert set(CHANGE_COLUMNS["location"].levels) == set(LOCATIONS)
