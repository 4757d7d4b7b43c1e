"""A ball, cut at known depths."""

import numpy as np
import pytest

from mslens.preprocess.cut_face import find_cut_face

RADIUS_MM = 70.0


def make_ball(voxel_size_mm):
    half = np.ceil((RADIUS_MM + 10) / np.array(voxel_size_mm)).astype(int)
    axes = [np.arange(-n, n + 1) * size for n, size in zip(half, voxel_size_mm, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return x**2 + y**2 + z**2 < RADIUS_MM**2


@pytest.mark.parametrize("size", [(1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (1.0, 1.0, 4.0)])
def test_a_whole_brain_is_not_cut(size):
    assert find_cut_face(make_ball(size), voxel_size_mm=size).missing_mm < 1.0


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("from_end", [False, True])
@pytest.mark.parametrize("depth_mm", [10, 20])
def test_what_is_missing_is_measured(axis, from_end, depth_mm):
    ball = np.moveaxis(make_ball((2.0, 2.0, 2.0)), 0, axis)
    filled = np.flatnonzero(ball.any(axis=tuple(a for a in range(3) if a != axis)))
    keep = [slice(None)] * 3
    steps = depth_mm // 2
    keep[axis] = (
        slice(0, int(filled[-1]) + 1 - steps) if from_end else slice(int(filled[0]) + steps, None)
    )
    found = find_cut_face(ball[tuple(keep)], voxel_size_mm=(2.0, 2.0, 2.0))
    assert found.missing_mm == pytest.approx(depth_mm, abs=2.5)
    # The outermost slice of the whole ball has its centre at 68 mm.
    area = np.pi * (RADIUS_MM**2 - (68 - depth_mm) ** 2) / 100
    assert found.area_cm2 == pytest.approx(area, rel=0.03)


def test_a_field_filled_up_with_nothing_does_not_hide_the_cut():
    ball = make_ball((2.0, 2.0, 2.0))
    ball[:, :, : ball.shape[2] // 4] = False
    assert find_cut_face(ball, voxel_size_mm=(2.0, 2.0, 2.0)).missing_mm > 10


def test_a_brainstem_may_end_flat():
    mask = make_ball((2.0, 2.0, 2.0))
    middle = mask.shape[0] // 2
    mask[middle - 5 : middle + 5, middle - 5 : middle + 5, :10] = True
    found = find_cut_face(mask, voxel_size_mm=(2.0, 2.0, 2.0))
    assert found.missing_mm < 1.0


def test_an_empty_mask_has_no_end():
    found = find_cut_face(np.zeros((4, 5, 6), dtype=bool), voxel_size_mm=(1.0, 1.0, 1.0))
    assert (found.area_cm2, found.missing_mm) == (0.0, 0.0)
