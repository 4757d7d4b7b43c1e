from __future__ import annotations

import numpy as np
import pytest

from mslens.preprocess.minimal_surface import find_minimal_surface

SHAPE = (24, 24, 24)
INDEX = np.stack(np.indices(SHAPE), axis=-1) - 11.5


def solve(evidence: np.ndarray, price: float | np.ndarray, **options: object) -> np.ndarray:
    prices = np.broadcast_to(np.asarray(price, dtype=np.float32), SHAPE)
    return find_minimal_surface(
        evidence.astype(np.float32),
        prices,
        voxel_size_mm=options.pop("voxel_size_mm", (1.0, 1.0, 1.0)),  # type: ignore[arg-type]
        max_iterations=600,
        tolerance=1e-5,
    )


def test_without_a_price_the_evidence_decides_alone() -> None:
    evidence = np.random.default_rng(0).normal(size=SHAPE)
    np.testing.assert_array_equal(solve(evidence, 0.0) >= 0.5, evidence < 0)


@pytest.mark.parametrize(("strength", "is_kept"), [(0.9, True), (0.3, False)])
def test_a_cube_is_kept_only_where_its_evidence_pays_for_its_surface(
    strength: float, is_kept: bool
) -> None:
    # A ball of radius r: |evidence| r^3 4/3 pi against price 4 pi r^2: kept above 3 price / r.
    ball = np.linalg.norm(INDEX, axis=-1) < 6
    evidence = np.where(ball, -strength, 0.05)
    assert bool((solve(evidence, 1.0) >= 0.5).any()) is is_kept


def test_the_surface_runs_where_it_is_cheap() -> None:
    # Nothing is known between x = -6 and 6; the price has a gap at x = 3.
    x = INDEX[..., 0]
    evidence = np.where(x < -6, -3.0, np.where(x > 6, 3.0, 0.0))
    price = np.where(np.abs(x - 2.5) < 1, 0.05, 1.0)
    found = solve(evidence, price) >= 0.5
    border = found[:, 12, 12].sum() - 12 + 0.5
    assert 1.0 <= border <= 4.0


def test_thick_slices_do_not_count_as_thin_ones() -> None:
    evidence = np.where(np.linalg.norm(INDEX * [1, 1, 3], axis=-1) < 9, -1.0, 1.0)
    evidence += np.random.default_rng(0).normal(0, 1.0, SHAPE)
    truth = np.linalg.norm(INDEX * [1, 1, 3], axis=-1) < 9
    found = solve(evidence, 1.0, voxel_size_mm=(1.0, 1.0, 3.0)) >= 0.5
    assert 2 * (found & truth).sum() / (found.sum() + truth.sum()) > 0.93


def test_bounds_and_bytes() -> None:
    evidence = np.random.default_rng(3).normal(size=SHAPE)
    one, other = solve(evidence, 0.7), solve(evidence, 0.7)
    np.testing.assert_array_equal(one, other)
    assert one.min() >= 0
    assert one.max() <= 1


def test_noise_is_smoothed_away_and_the_ball_stays() -> None:
    truth = np.linalg.norm(INDEX, axis=-1) < 8
    evidence = np.where(truth, -1.0, 1.0) + np.random.default_rng(1).normal(0, 1.5, SHAPE)
    raw = evidence < 0
    found = solve(evidence, 1.0) >= 0.5
    overlap = [2 * (m & truth).sum() / (m.sum() + truth.sum()) for m in (raw, found)]
    assert overlap[0] < 0.7
    assert overlap[1] > 0.95
