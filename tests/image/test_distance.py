import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mslens.image.distance import measure_distance, spread_labels

sizes = st.tuples(*[st.floats(0.4, 5.0)] * 3)


def brute_force(mask, voxel_size_mm):
    points = np.argwhere(np.ones(mask.shape)) * voxel_size_mm
    inside = np.argwhere(mask) * voxel_size_mm
    away = np.linalg.norm(points[:, None] - inside[None], axis=2)
    return away.min(axis=1).reshape(mask.shape)


@given(hnp.arrays(bool, (4, 5, 3)).filter(np.any), sizes)
def test_distance_equals_brute_force(mask, voxel_size_mm):
    measured = measure_distance(mask, voxel_size_mm=voxel_size_mm)
    assert measured.dtype == np.float32
    np.testing.assert_allclose(measured, brute_force(mask, voxel_size_mm), rtol=1e-5)


@given(hnp.arrays(bool, (4, 5, 6)).filter(np.any), sizes, st.floats(0.5, 8))
def test_limit_only_replaces_what_is_above_it(mask, voxel_size_mm, limit_mm):
    whole = measure_distance(mask, voxel_size_mm=voxel_size_mm)
    limited = measure_distance(mask, voxel_size_mm=voxel_size_mm, limit_mm=limit_mm)
    clear = np.abs(whole - limit_mm) > 1e-4
    expected = np.where(whole <= limit_mm, whole, np.inf)
    np.testing.assert_allclose(limited[clear], expected[clear], rtol=1e-6)


def test_empty_mask_is_infinitely_far():
    assert np.isinf(measure_distance(np.zeros((3, 4, 5)), voxel_size_mm=(1, 1, 1))).all()


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float32, np.int32])
def test_every_type_of_mask(dtype):
    mask = np.zeros((3, 3, 3), dtype)
    mask[1, 1, 1] = 1
    assert measure_distance(mask, voxel_size_mm=(1, 1, 3))[1, 1, 2] == 3


@given(hnp.arrays(np.int8, (4, 4, 3), elements=st.integers(0, 3)), sizes)
def test_spread_takes_the_label_of_a_nearest_voxel(labels, voxel_size_mm):
    spread = spread_labels(labels, np.ones(labels.shape), voxel_size_mm=voxel_size_mm)
    if not labels.any():
        assert not spread.any()
        return
    np.testing.assert_array_equal(spread[labels > 0], labels[labels > 0])
    nearest = brute_force(labels > 0, voxel_size_mm)
    for label in (1, 2, 3):
        own = spread == label
        if own.any():
            away = brute_force(labels == label, voxel_size_mm)
            np.testing.assert_allclose(away[own], nearest[own], rtol=1e-5)
    assert (spread > 0).all()


def test_spread_stays_within_its_target_and_limit():
    labels = np.zeros((10, 1, 1), int)
    labels[0] = 7
    into = np.ones((10, 1, 1), bool)
    into[1] = False
    spread = spread_labels(labels, into, voxel_size_mm=(2, 1, 1), limit_mm=6)[:, 0, 0]
    assert spread.tolist() == [7, 0, 7, 7, 0, 0, 0, 0, 0, 0]
