import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mslens.plot.slices import loaded_slices, spread_slices


def with_area(areas: list[int]) -> np.ndarray:
    mask = np.zeros((10, 10, len(areas)), dtype=bool)
    for index, area in enumerate(areas):
        mask.reshape(100, -1)[:area, index] = True
    return mask


def test_spread_slices_leave_out_the_ends_and_keep_their_distance():
    mask = np.zeros((4, 4, 120), dtype=bool)
    mask[..., 10:111] = True
    assert spread_slices(mask, "axial", 5, trim=0.1) == [20, 40, 60, 80, 100]
    assert spread_slices(mask, "axial", 1) == [60]


def test_spread_slices_of_every_plane_follow_its_axis():
    mask = np.zeros((20, 30, 40), dtype=bool)
    mask[4:7, 14:17, 24:27] = True
    assert spread_slices(mask, "sagittal", 3, trim=0) == [4, 5, 6]
    assert spread_slices(mask, "coronal", 3, trim=0) == [14, 15, 16]
    assert spread_slices(mask, "axial", 3, trim=0) == [24, 25, 26]


def test_an_empty_mask_has_no_slices():
    empty = np.zeros((4, 5, 6), dtype=bool)
    assert spread_slices(empty, "axial", 3) == []
    assert loaded_slices(empty, "axial", 3, spacing_mm=1.0) == []


def test_the_fullest_slices_are_chosen_at_the_distance_asked_for():
    mask = with_area([0, 50, 60, 55, 0, 0, 20, 0, 0, 0, 30, 0])
    assert loaded_slices(mask, "axial", 2, spacing_mm=1.0, gap_mm=3.0) == [2, 10]
    assert loaded_slices(mask, "axial", 3, spacing_mm=3.0, gap_mm=3.0) == [1, 2, 3]


@given(
    areas=st.lists(st.integers(0, 100), min_size=1, max_size=40),
    count=st.integers(1, 12),
    gap=st.integers(1, 6),
)
def test_chosen_slices_show_the_mask_and_keep_apart(areas, count, gap):
    chosen = loaded_slices(with_area(areas), "axial", count, spacing_mm=1.0, gap_mm=float(gap))
    assert len(chosen) <= count
    assert all(areas[index] > 0 for index in chosen)
    assert all(b - a >= gap for a, b in itertools.pairwise(chosen))
    if any(areas):
        assert max(areas[index] for index in chosen) == max(areas)
