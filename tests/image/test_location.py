import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mslens.image.distance import measure_distance
from mslens.image.location import (
    LOCATIONS,
    LocationSettings,
    Neighbourhood,
    classify_locations,
)

SHAPE = (40, 8, 8)


def neighbourhood(voxel_size_mm=(1, 1, 1), shape=SHAPE):
    """Along x: ventricle 0-1, deep grey 12-17, brainstem 18-24, cortex 35-39."""
    x = np.indices(shape)[0]
    return Neighbourhood(
        ventricle_distance_mm=measure_distance(x < 2, voxel_size_mm=voxel_size_mm),
        cortex_distance_mm=measure_distance(x >= 35, voxel_size_mm=voxel_size_mm),
        infratentorial=(x >= 18) & (x < 25),
        deep_grey=(x >= 12) & (x < 18),
    )


def lesion(first, last):
    labels = np.zeros(SHAPE, np.int32)
    labels[first : last + 1, 3:5, 3:5] = 1
    return labels


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (4, 9, "periventricular"),  # one layer of voxels within 3 mm
        (5, 9, "deep-white-matter"),
        (31, 34, "juxtacortical"),  # two of four layers within 2 mm
        (30, 34, "deep-white-matter"),  # two of five
        (20, 27, "infratentorial"),
        (22, 28, "deep-white-matter"),
        (12, 14, "deep-grey-matter"),
        (16, 19, "infratentorial"),  # half and half: the order decides
        (2, 33, "periventricular"),
        (26, 29, "deep-white-matter"),
    ],
)
def test_rule_on_known_places(first, last, expected):
    found = classify_locations(lesion(first, last), neighbourhood(), LocationSettings())
    assert found == [expected]


def test_margins_are_millimetres():
    near = neighbourhood(voxel_size_mm=(4, 1, 1))
    assert classify_locations(lesion(2, 5), near, LocationSettings()) == ["deep-white-matter"]
    wide = LocationSettings(ventricle_margin_mm=4)
    assert classify_locations(lesion(2, 5), near, wide) == ["periventricular"]


def test_no_ventricles_and_no_cortex_leave_the_other_classes():
    nothing = np.full(SHAPE, np.inf, np.float32)
    x = np.indices(SHAPE)[0]
    near = Neighbourhood(nothing, nothing, x < 10, x > 30)
    labels = lesion(0, 5) + 2 * lesion(35, 38) + 3 * lesion(20, 22)
    expected = ["infratentorial", "deep-grey-matter", "deep-white-matter"]
    assert classify_locations(labels, near, LocationSettings()) == expected


def test_no_lesion_has_no_class():
    assert classify_locations(np.zeros(SHAPE, int), neighbourhood(), LocationSettings()) == []


@given(hnp.arrays(np.int8, (8, 8, 8), elements=st.integers(0, 5)))
def test_every_lesion_has_exactly_one_class(labels):
    found = classify_locations(labels, neighbourhood(shape=(8, 8, 8)), LocationSettings())
    assert len(found) == labels.max()
    assert sum(found.count(name) for name in LOCATIONS) == labels.max()


@given(hnp.arrays(np.int8, (6, 6, 6), elements=st.integers(0, 3)))
def test_mirroring_the_head_changes_nothing(labels):
    near = neighbourhood(shape=(6, 6, 6))
    mirrored = Neighbourhood(*(np.flip(part, 1) for part in vars(near).values()))
    ours = classify_locations(labels, near, LocationSettings())
    assert classify_locations(np.flip(labels, 1), mirrored, LocationSettings()) == ours
