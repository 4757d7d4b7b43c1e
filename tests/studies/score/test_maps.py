import numpy as np
import pytest

from mslens.studies.score.maps import (
    measure_growth,
    score_changes,
    score_jacobian,
    score_lesions,
    score_overlap,
)

SHAPE = (12, 6, 6)


def box(*ranges):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[tuple(slice(*r) for r in ranges)] = True
    return mask


def numbered(*masks):
    labels = np.zeros(SHAPE, dtype=np.int32)
    for number, mask in enumerate(masks, start=1):
        labels[mask] = number
    return labels


def test_overlap_of_every_role_that_both_have():
    brain = box((0, 12), (0, 6), (0, 6))
    tissue = numbered(box((0, 4), (0, 6), (0, 6)), box((4, 8), (0, 6), (0, 6)))
    other = numbered(box((0, 4), (0, 6), (0, 6)), box((4, 12), (0, 6), (0, 6)))
    scores = score_overlap({"brain_mask": brain, "tissue": other}, {
        "brain_mask": brain, "tissue": tissue, "lesions": brain,
    })  # fmt: skip
    assert scores["dice_brain"] == scores["dice_csf"] == 1.0
    assert scores["dice_gm"] == pytest.approx(2 * 4 / (4 + 8))
    assert np.isnan(scores["dice_wm"])
    assert "dice_lesion" not in scores


def test_lesions_and_their_locations():
    first, second = box((0, 2), (0, 2), (0, 2)), box((5, 7), (0, 2), (0, 2))
    tiny = box((10, 11), (0, 1), (0, 1))
    scores = score_lesions(
        numbered(box((1, 3), (0, 2), (0, 2)), second, tiny, box((5, 7), (4, 6), (4, 6))),
        first | second | tiny,
        found_locations={1: "periventricular", 2: "deep-white-matter", 3: "juxtacortical"},
        true_locations={1: "periventricular", 2: "juxtacortical", 3: "juxtacortical"},
        true_instances=numbered(first, second, tiny),
        voxel_volume_ml=0.008,
    )
    assert scores["lesions_true"] == scores["lesions_detected"] == 2
    assert scores["false_positives"] == 1
    assert scores["lesion_f1"] == pytest.approx(2 * 0.75 / 1.75)
    assert (scores["locations_compared"], scores["locations_equal"]) == (2, 1)
    assert (scores["single_compared"], scores["single_equal"]) == (2, 1)


def test_lesions_that_merged_are_not_single():
    first, second, third = (box((x, x + 2), (0, 2), (0, 2)) for x in (0, 3, 8))
    scores = score_lesions(
        numbered(box((0, 5), (0, 2), (0, 2)), third),
        first | second | third,
        found_locations={1: "periventricular", 2: "juxtacortical"},
        true_locations={1: "periventricular", 2: "deep-white-matter", 3: "juxtacortical"},
        true_instances=numbered(first, second, third),
        voxel_volume_ml=0.008,
    )
    assert (scores["locations_compared"], scores["locations_equal"]) == (3, 2)
    assert (scores["single_compared"], scores["single_equal"]) == (1, 1)


def test_without_lesions_there_is_nothing_to_find():
    empty = np.zeros(SHAPE, dtype=np.int32)
    scores = score_lesions(
        empty, empty != 0, found_locations={}, true_locations={}, true_instances=empty,
        voxel_volume_ml=0.001,
    )  # fmt: skip
    assert scores["lesions_true"] == scores["false_positives"] == 0
    assert np.isnan(scores["lesion_sensitivity"])


def test_the_jacobian_is_compared_inside_only():
    rng = np.random.default_rng(0)
    true = rng.normal(size=SHAPE)
    inside = box((0, 6), (0, 6), (0, 6))
    estimate = np.where(inside, 2 * true + 1, -50 * true)
    scores = score_jacobian(estimate, true, inside, voxel_size_mm=(3.0, 3.0, 3.0))
    assert scores["jacobian_r"] == pytest.approx(1.0)
    assert scores["jacobian_bias"] == pytest.approx(float((true[inside] + 1).mean()))
    nowhere = np.zeros(SHAPE, dtype=bool)
    assert np.isnan(
        list(score_jacobian(estimate, true, nowhere, voxel_size_mm=(3.0, 3.0, 3.0)).values())
    ).all()


def test_smoothing_finds_what_noise_hides():
    rng = np.random.default_rng(1)
    x = np.linspace(0, np.pi, 24)
    true = np.broadcast_to(0.2 * np.sin(x)[:, None, None], (24, 24, 24)).astype(np.float32)
    noisy = true + rng.normal(scale=0.3, size=true.shape).astype(np.float32)
    scores = score_jacobian(noisy, true, true > 0, voxel_size_mm=(3.0, 3.0, 3.0))
    assert scores["jacobian_r"] < 0.4
    assert scores["jacobian_smooth_r"] > 0.9


def test_growth_of_regions_is_that_of_their_volume():
    labels = numbered(box((0, 2), (0, 6), (0, 6)), box((2, 4), (0, 6), (0, 6)))
    estimate = np.where(labels == 1, np.log(2.0), 0.0)
    estimate[0] = np.log(1.0)
    truth = np.where(labels == 1, np.log(1.5), np.log(0.5))
    growth = measure_growth(estimate, truth, labels)
    assert growth[1] == pytest.approx((np.log(1.5), np.log(1.5)))
    assert growth[2] == pytest.approx((0.0, np.log(0.5)))


def test_new_lesions_are_told_from_enlarged_ones():
    new, enlarged = box((0, 2), (0, 2), (0, 2)), box((5, 7), (0, 2), (0, 2))
    missed, false = box((9, 11), (0, 2), (0, 2)), box((9, 11), (4, 6), (4, 6))
    true = np.where(new | missed, 1, np.where(enlarged, 2, 0))
    found = np.where(new | false, 1, np.where(enlarged, 2, 0))
    assert score_changes(found, true, voxel_volume_ml=0.008) == {
        "new_true": 2, "new_detected": 1, "new_found": 2, "new_false": 1,
    }  # fmt: skip
