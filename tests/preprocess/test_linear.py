from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.transform import AffineTransform, apply_affine, identity
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.preprocess import linear
from mslens.preprocess.linear import LEVER_MM, LinearSettings, build_matrix, register_linear
from mslens.preprocess.mutual_information import MetricSamples
from phantom import make_head

HEAD = make_head(4.0)
CENTRE = HEAD.t1w.grid.to_world(np.argwhere(HEAD.brain.data).mean(axis=0))
RIGID = LinearSettings(levels_mm=(8.0, 4.0), smoothness_mm=(8.0, 4.0), kept_starts=(1, 1))


def move(image: Volume, parameters: list[float]) -> tuple[Volume, AffineTransform]:
    """The image moved so that register_linear(image, moved) should find the returned map."""
    truth = AffineTransform(build_matrix(np.array(parameters), CENTRE))
    return resample(image, image.grid, (truth.inverse(),)), truth


def brain_error_mm(found: AffineTransform, truth: AffineTransform) -> float:
    points = HEAD.t1w.grid.to_world(np.argwhere(HEAD.brain.data))
    away = apply_affine(found.matrix, points) - apply_affine(truth.matrix, points)
    return float(np.linalg.norm(away, axis=1).mean())


def test_a_known_rigid_motion_between_contrasts_is_found() -> None:
    moved, truth = move(HEAD.flair, [6.0, -4.0, 5.0, 8.0, -6.0, 7.0])
    found = register_linear(
        HEAD.t1w,
        moved,
        HEAD.brain.data,
        starts=[identity()],
        settings=RIGID,
        rng=np.random.default_rng(0),
    )
    assert brain_error_mm(identity(), truth) > 8
    assert brain_error_mm(found.transform, truth) < 0.6
    assert found.covered > 0.95
    turn = found.transform.matrix[:3, :3]
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-9)


def test_a_known_affine_map_is_found() -> None:
    moved, truth = move(HEAD.t1w, [3.0, 2.0, -4.0, 5.0, 4.0, -3.0, 9.0, -6.0, 5.0, 4.0, 0.0, -3.0])
    found = register_linear(
        HEAD.t1w,
        moved,
        HEAD.brain.data,
        starts=[identity()],
        settings=RIGID.model_copy(update={"parameters": "affine"}),
        rng=np.random.default_rng(0),
    )
    assert brain_error_mm(found.transform, truth) < 0.8


def test_the_best_of_many_starts_wins() -> None:
    moved, truth = move(HEAD.t1w, [0.0, 0.0, 0.0, 0.0, 0.0, np.pi / 2 * LEVER_MM])
    quarter = [
        AffineTransform(build_matrix(np.array([0, 0, 0, 0, 0, n * np.pi / 2 * LEVER_MM]), CENTRE))
        for n in range(4)
    ]
    found = register_linear(
        HEAD.t1w,
        moved,
        HEAD.brain.data,
        starts=quarter,
        settings=RIGID,
        rng=np.random.default_rng(0),
    )
    assert brain_error_mm(found.transform, truth) < 0.6


@pytest.mark.parametrize(("apart_mm", "expected"), [(0.0, [2, 1]), (60.0, [2, 2])])
def test_starts_that_end_at_the_same_place_are_followed_once(
    monkeypatch: pytest.MonkeyPatch, apart_mm: float, expected: list[int]
) -> None:
    """The same start twice, and one that a rigid search of two steps cannot bring to the other."""
    spacings: list[int] = []
    plain = linear._optimise

    def spy(samples: MetricSamples, *others: Any) -> Any:
        spacings.append(len(samples.points_mm))
        return plain(samples, *others)

    monkeypatch.setattr(linear, "_optimise", spy)
    away = AffineTransform(build_matrix(np.array([apart_mm, 0, 0, 0, 0, 0.0]), CENTRE))
    register_linear(
        HEAD.t1w,
        HEAD.t1w,
        HEAD.brain.data,
        starts=[identity(), away],
        settings=RIGID.model_copy(update={"kept_starts": (2, 2), "max_iterations": 1}),
        rng=np.random.default_rng(0),
    )
    coarse = min(spacings)
    assert [spacings.count(coarse), len(spacings) - spacings.count(coarse)] == expected


def test_the_same_generator_gives_the_same_numbers() -> None:
    moved, _ = move(HEAD.flair, [2.0, 0.0, 1.0, 3.0, 0.0, 0.0])

    def run(seed: int) -> np.ndarray:
        return register_linear(
            HEAD.t1w,
            moved,
            HEAD.brain.data,
            starts=[identity()],
            settings=RIGID,
            rng=np.random.default_rng(seed),
        ).transform.matrix

    np.testing.assert_array_equal(run(1), run(1))
    assert not np.array_equal(run(1), run(2))


def test_a_matrix_of_no_parameters_is_the_identity_and_scales_act_about_the_centre() -> None:
    np.testing.assert_array_equal(build_matrix(np.zeros(12), CENTRE), np.eye(4))
    grown = np.zeros(12)
    grown[6:9] = np.log(1.2) * LEVER_MM
    matrix = build_matrix(grown, CENTRE)
    np.testing.assert_allclose(apply_affine(matrix, CENTRE), CENTRE)
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1.2**3)


def test_too_small_a_mask_says_so() -> None:
    dot = np.zeros(HEAD.t1w.grid.shape, dtype=bool)
    dot[20, 20, 20] = True
    with pytest.raises(ImageError, match="fall into the mask"):
        register_linear(
            HEAD.t1w,
            HEAD.flair,
            dot,
            starts=[identity()],
            settings=RIGID,
            rng=np.random.default_rng(0),
        )
