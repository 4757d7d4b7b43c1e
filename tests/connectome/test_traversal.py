from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from connectome.tracts import random_curves
from mslens.connectome.traversal import TOUCH, count_visits, record_visits

SHAPE = (14, 15, 16)


def visit(curves, shape=SHAPE):
    """Voxels of each curve by the kernels, and which curves leave the grid."""
    length = np.array([len(c) for c in curves])
    stop = np.cumsum(length)
    index, sizes = np.concatenate(curves).astype(float), np.array(shape)
    count = np.zeros(np.prod(shape), dtype=np.int64)
    outside = np.zeros(len(curves), dtype=bool)
    last = np.full(count.size, -1, dtype=np.int32)
    count_visits(index, stop - length, stop, sizes, 0, last, count, outside)
    start = np.r_[0, np.cumsum(count)]
    visitors, cursor = np.empty(start[-1], dtype=np.int32), start[:-1].copy()
    last[:] = -1
    record_visits(index, stop - length, stop, sizes, 0, last, cursor, visitors, outside)
    np.testing.assert_array_equal(cursor, start[1:])
    found = [set() for _ in curves]
    for voxel in np.flatnonzero(count):
        for streamline in visitors[start[voxel] : start[voxel + 1]]:
            found[streamline].add(tuple(int(i) for i in np.unravel_index(voxel, shape)))
    return found, outside


def cut_by_hand(curve, shape=SHAPE):
    """Voxels of a curve, by sorting all crossings of each segment."""
    found, shifted = set(), np.asarray(curve, dtype=float) + 0.5
    places = [shifted]
    for a, b in pairwise(shifted):
        cuts = [0.0, 1.0]
        for axis in range(3):
            low, high = sorted((a[axis], b[axis]))
            planes = np.arange(np.ceil(low), np.floor(high) + 1)
            if b[axis] != a[axis]:
                cuts += ((planes - a[axis]) / (b[axis] - a[axis])).tolist()
        cuts = np.unique(np.clip(cuts, 0, 1))
        long_enough = np.diff(cuts) > TOUCH
        middle = (cuts[:-1] + cuts[1:])[long_enough] / 2
        places.append(a + (b - a) * middle[:, None])
    for voxel in np.floor(np.concatenate(places)).astype(int):
        if (voxel >= 0).all() and (voxel < shape).all():
            found.add(tuple(int(i) for i in voxel))
    return found


def test_a_straight_line_by_hand():
    found, outside = visit([np.array([[0.0, 0, 0], [3, 0, 0]]), np.array([[1.0, 1, 1], [1, 1, 3]])])
    assert found[0] == {(0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)}
    assert found[1] == {(1, 1, 1), (1, 1, 2), (1, 1, 3)}
    assert not outside.any()


def test_a_diagonal_through_corners_touches_no_other_voxel():
    found, _ = visit([np.array([[0.0, 0, 0], [4, 4, 4]])])
    assert found[0] == {(i, i, i) for i in range(5)}


def test_far_points_skip_no_voxel():
    found, _ = visit([np.array([[0.0, 0.2, 0.1], [12.9, 11.3, 14.2]])])
    steps = np.linspace(0, 1, 200_001)[:, None]
    fine = np.array([0.0, 0.2, 0.1]) * (1 - steps) + np.array([12.9, 11.3, 14.2]) * steps
    expected = {tuple(int(i) for i in v) for v in np.floor(fine + 0.5).astype(int)}
    assert found[0] >= expected
    assert len(found[0]) <= len(expected) + 1


@given(st.integers(0, 2**32 - 1))
def test_is_the_sorted_crossings(seed):
    curves = [curve + 7 for curve in random_curves(seed, 12, size=6.0)]
    found, _ = visit(curves)
    for ours, curve in zip(found, curves, strict=True):
        assert ours == cut_by_hand(curve)


@given(st.integers(0, 2**32 - 1))
def test_points_on_the_borders_of_voxels(seed):
    """Coordinates in 1/2 voxel: every crossing is a tie."""
    rng = np.random.default_rng(seed)
    curves = [rng.integers(0, 24, size=(6, 3)) / 2 for _ in range(5)]
    found, _ = visit(curves)
    for ours, curve in zip(found, curves, strict=True):
        assert ours == cut_by_hand(curve)


def test_what_lies_outside_is_marked_and_not_counted():
    inside, leaves = np.array([[1.0, 1, 1], [2, 1, 1]]), np.array([[12.0, 1, 1], [30, 1, 1]])
    crosses = np.array([[-5.0, 3, 3], [40, 3, 3]])
    found, outside = visit([inside, leaves, crosses])
    assert outside.tolist() == [False, True, True]
    assert found[1] == {(12, 1, 1), (13, 1, 1)}
    assert found[2] == {(i, 3, 3) for i in range(14)}
