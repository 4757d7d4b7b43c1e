from __future__ import annotations

import numpy as np
import pytest

from mslens.preprocess.local_correlation import (
    FLAT_SHARE,
    measure_local_correlation,
    prepare_fixed,
)

SHAPE = (8, 7, 9)
RADIUS = 2


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=SHAPE).astype(np.float32)


def by_definition(fixed: np.ndarray, warped: np.ndarray, weight: np.ndarray) -> float:
    total = mass = 0.0
    for centre in np.ndindex(*SHAPE):
        cube = tuple(slice(max(0, c - RADIUS), c + RADIUS + 1) for c in centre)
        w, f, m = (a[cube].astype(float) for a in (weight, fixed, warped))
        n = w.sum()
        if n >= 2:
            f, m = f - (w * f).sum() / n, m - (w * m).sum() / n
            floor = FLAT_SHARE * n
            cov = (w * f * m).sum()
            cc = cov**2 / (((w * f * f).sum() + floor) * ((w * m * m).sum() + floor))
            total += weight[centre] * cc
        mass += weight[centre]
    return total / mass


def metric(fixed: np.ndarray, warped: np.ndarray, weight: np.ndarray) -> float:
    workspace = np.empty((4, *SHAPE), dtype=np.float32)
    return measure_local_correlation(prepare_fixed(fixed, weight, radius=RADIUS), warped, workspace)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_against_the_definition(is_weighted: bool) -> None:
    weight = np.ones(SHAPE, dtype=np.float32)
    if is_weighted:
        weight[3:5, 2:5] = 0
    fixed, warped = noise(0), (noise(0) + noise(1)).astype(np.float32)
    assert metric(fixed, warped, weight) == pytest.approx(
        by_definition(fixed, warped, weight), rel=1e-3
    )


def test_equal_and_inverted_images_reach_the_same_top() -> None:
    weight = np.ones(SHAPE, dtype=np.float32)
    fixed = noise(0)
    assert metric(fixed, fixed, weight) == pytest.approx(1.0, abs=0.03)
    assert metric(fixed, -fixed, weight) == pytest.approx(metric(fixed, fixed, weight), rel=1e-5)
    assert metric(fixed, noise(5), weight) < 0.1


def test_the_force_is_the_derivative_times_the_images_slope() -> None:
    weight = np.ones(SHAPE, dtype=np.float32)
    weight[0] = 0
    fixed, warped = noise(0), (0.5 * noise(0) + noise(1)).astype(np.float32)
    workspace = np.empty((4, *SHAPE), dtype=np.float32)
    measure_local_correlation(prepare_fixed(fixed, weight, radius=RADIUS), warped, workspace)
    # The exact derivative also weighs each cube by its centre, the kernel by 1: keep both equal
    # by looking where every cube that holds the voxel has a centre of weight 1.
    place, step = (4, 3, 5), 1e-2
    moved = warped.copy()
    values = []
    for sign in (1, -1):
        moved[place] = warped[place] + sign * step
        values.append(by_definition(fixed, moved, weight) * weight.sum())
    slope = (values[0] - values[1]) / (2 * step)
    expected = slope * (warped[5, 3, 5] - warped[3, 3, 5]) / 2
    assert workspace[0][place] == pytest.approx(expected, rel=0.02)


def test_no_force_where_nothing_counts() -> None:
    weight = np.ones(SHAPE, dtype=np.float32)
    weight[3:6, 2:5, 4:7] = 0
    workspace = np.empty((4, *SHAPE), dtype=np.float32)
    measure_local_correlation(prepare_fixed(noise(0), weight, radius=RADIUS), noise(1), workspace)
    assert not workspace[:3, 3:6, 2:5, 4:7].any()
    assert workspace[:3].any()
