from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from mslens.core.grid import Grid
from mslens.preprocess.mutual_information import MetricSamples, measure_mutual_information

GRID = Grid(np.eye(4), (12, 12, 12))
INDEX = np.stack(np.indices((10, 10, 10)), axis=-1).reshape(-1, 3).astype(float) + 1.0


def samples(moving: np.ndarray, fixed: np.ndarray, n_bins: int = 16) -> MetricSamples:
    i, j, k = INDEX.astype(int).T
    return MetricSamples(INDEX, fixed[i, j, k].astype(np.float32), moving.astype(np.float32),
                         GRID, n_bins)  # fmt: skip


def whole_bins(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 15, GRID.shape).astype(float)


def test_against_the_definition_on_whole_bins() -> None:
    fixed, moving = whole_bins(0), (whole_bins(0) + whole_bins(1)) // 2
    nmi, covered = measure_mutual_information(samples(moving, fixed), np.eye(4))
    i, j, k = INDEX.astype(int).T
    joint, *_ = np.histogram2d(fixed[i, j, k], moving[i, j, k], bins=np.arange(17) - 0.5)
    p = joint / joint.sum()

    def entropy(q: np.ndarray) -> float:
        q = q[q > 0]
        return float(-(q * np.log(q)).sum())

    expected = (entropy(p.sum(0)) + entropy(p.sum(1))) / entropy(p.ravel())
    assert nmi == pytest.approx(expected, rel=1e-9)
    assert covered == pytest.approx(1.0)


def test_one_determined_by_the_other_gives_two_and_unrelated_gives_about_one() -> None:
    fixed = whole_bins(0)
    table = np.random.default_rng(2).permutation(16)
    assert measure_mutual_information(samples(table[fixed.astype(int)], fixed), np.eye(4))[
        0
    ] == pytest.approx(2.0)
    assert measure_mutual_information(samples(whole_bins(1), fixed), np.eye(4))[0] < 1.1


def test_it_is_largest_in_place() -> None:
    fixed = np.clip(np.indices(GRID.shape)[0] + np.indices(GRID.shape)[1] ** 1.5 / 3, 0, 15)
    there = measure_mutual_information(samples(15 - fixed, fixed), np.eye(4))[0]
    shifted = np.eye(4)
    shifted[0, 3] = 1.0
    shifted[1, 3] = -1.0
    assert measure_mutual_information(samples(15 - fixed, fixed), shifted)[0] < there


def test_a_pose_that_hardly_covers_the_image_scores_below_any_that_does() -> None:
    fixed = whole_bins(0)
    away = np.eye(4)
    away[0, 3] = 9.0
    nmi, covered = measure_mutual_information(samples(fixed, fixed), away)
    assert covered < 0.3
    assert nmi < 1.0
    away[0, 3] = 100.0
    assert measure_mutual_information(samples(fixed, fixed), away) == (0.0, 0.0)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), shift=st.floats(-2, 2))
def test_bounds(seed: int, shift: float) -> None:
    matrix = np.eye(4)
    matrix[1, 3] = shift
    nmi, covered = measure_mutual_information(samples(whole_bins(seed), whole_bins(3)), matrix)
    assert 1.0 - 1e-9 <= nmi <= 2.0 + 1e-9
    assert 0.0 <= covered <= 1.0 + 1e-9
