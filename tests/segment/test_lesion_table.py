import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.image.location import LOCATIONS, Neighbourhood
from mslens.segment.lesion_table import (
    LESION_COLUMNS,
    LesionImages,
    LesionTableSettings,
    add_template_places,
    lesion_points,
    measure_extent,
    tabulate_lesions,
)

SHAPE = (30, 20, 10)
GRID = Grid(np.array([[-1.0, 0, 0, 15], [0, 2, 0, -20], [0, 0, 3, -5], [0, 0, 0, 1]]), SHAPE)


def instances():
    labels = np.zeros(SHAPE, np.int32)
    labels[5:9, 5:8, 3:5] = 1
    labels[20, 10, 5] = 2
    return labels


def near():
    far = np.full(SHAPE, np.inf, np.float32)
    ventricle = np.full(SHAPE, 10, np.float32)
    ventricle[5, 5, 3] = 2
    nothing = np.zeros(SHAPE, bool)
    return Neighbourhood(ventricle, far, nothing, nothing)


def images(white_value=100.0):
    flair = np.full(SHAPE, white_value)
    flair[instances() == 1] = 150
    flair[instances() == 2] = 80
    return LesionImages({"contrast": flair}, instances() == 0)


def table(labels=None):
    return tabulate_lesions(
        instances() if labels is None else labels,
        near(),
        images(),
        grid=GRID,
        settings=LesionTableSettings(),
    )


def test_known_lesions():
    rows = table()
    assert rows["lesion"].tolist() == [1, 2]
    assert rows["voxels"].tolist() == [24, 1]
    np.testing.assert_allclose(rows["volume_ml"], [24 * 6e-3, 6e-3])
    np.testing.assert_allclose(rows[["x_mm", "y_mm", "z_mm"]], [[8.5, -8, 5.5], [-5, 0, 10]])
    assert rows["location"].tolist() == ["periventricular", "deep-white-matter"]
    np.testing.assert_allclose(rows["ventricle_distance_mm"], [2, 10])
    assert rows["cortex_distance_mm"].isna().all(), "there is no cortex"
    np.testing.assert_allclose(rows["contrast"], [0.5, -0.2])
    np.testing.assert_allclose(rows["extent_mm"], [np.sqrt(9 + 16 + 9) + 1, 1], rtol=0.01)


def test_contrast_is_to_the_white_matter_around():
    shaded = images()
    flair = shaded.contrasts["contrast"].copy()
    flair[:14] *= 2
    rows = tabulate_lesions(
        instances(),
        near(),
        LesionImages({"contrast": flair}, shaded.white),
        grid=GRID,
        settings=LesionTableSettings(ring_mm=5),
    )
    np.testing.assert_allclose(rows["contrast"], [0.5, -0.2])


def test_all_white_matter_stands_in_for_too_little_around():
    far_white = np.zeros(SHAPE, bool)
    far_white[:, 19, 9] = True
    flair = np.where(far_white, 50.0, 100.0)
    rows = tabulate_lesions(
        instances(),
        near(),
        LesionImages({"contrast": flair}, far_white),
        grid=GRID,
        settings=LesionTableSettings(),
    )
    np.testing.assert_allclose(rows["contrast"], [1, 1])


def test_no_lesion_gives_a_table_with_columns_and_no_rows():
    rows = table(np.zeros(SHAPE, np.int32))
    assert len(rows) == 0
    assert {"lesion", "volume_ml", "location", "contrast"} <= set(rows.columns)
    assert len(add_template_places(rows, [AffineTransform(np.eye(4))])) == 0


def test_every_column_is_described():
    shift = np.eye(4)
    shift[:3, 3] = 1, 2, 3
    rows = add_template_places(table(), [AffineTransform(shift)])
    assert set(rows.columns) <= set(LESION_COLUMNS)
    np.testing.assert_allclose(
        rows[["template_x_mm", "template_y_mm", "template_z_mm"]],
        rows[["x_mm", "y_mm", "z_mm"]].to_numpy() + np.array([1, 2, 3]),
    )


def test_points_of_each_lesion():
    points = lesion_points(instances(), GRID)
    assert [len(own) for own in points] == [24, 1]
    np.testing.assert_allclose(points[1], [[-5, 0, 10]])
    assert lesion_points(np.zeros(SHAPE, int), GRID) == []


@given(st.lists(st.tuples(*[st.floats(-50, 50)] * 3), min_size=1, max_size=30))
def test_extent_is_the_largest_distance_within_half_a_percent(points):
    points = np.array(points)
    exact = np.linalg.norm(points[:, None] - points[None], axis=2).max()
    assert exact * 0.99 - 1e-9 <= measure_extent(points) <= exact + 1e-9


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_volumes_and_classes_add_up(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, SHAPE).astype(np.int32)
    rows = table(labels)
    assert rows["volume_ml"].sum() == pytest.approx((labels > 0).sum() * 6e-3)
    assert rows["location"].isin(LOCATIONS).all()
