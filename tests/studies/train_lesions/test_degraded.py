import numpy as np
import pytest

from mslens.segment.lesion_case import LesionCase
from mslens.studies.train_lesions.degraded import degrade_case


@pytest.fixture(scope="module")
def case():
    rng = np.random.default_rng(0)
    mask = np.zeros((24, 24, 24), bool)
    mask[2:22, 2:22, 2:22] = True
    lesions = np.zeros_like(mask)
    lesions[8:16, 8:16, 8:16] = True
    flair = np.where(lesions, 300.0, 200.0) + rng.normal(0, 5, mask.shape)
    return LesionCase(
        name="a", group="a", flair=flair, t1w=500 - flair, t2w=None, mask=mask, lesions=lesions,
        geography=np.zeros((8, *mask.shape), np.float32), voxel_size_mm=(1.0, 1.0, 1.0),
    )  # fmt: skip


def test_the_images_change_and_the_truth_stays(case):
    changed = degrade_case(case, 0, seed=1)
    assert changed.lesions is case.lesions
    assert changed.group == case.group
    assert changed.name == "a-0"
    assert changed.t2w is None
    for image, before in ((changed.flair, case.flair), (changed.t1w, case.t1w)):
        assert np.isfinite(image).all()
        assert abs(np.corrcoef(image.ravel(), before.ravel())[0, 1]) < 0.9999


def test_lesions_stay_brighter_on_flair_and_darker_on_t1w(case):
    for number in range(6):
        changed = degrade_case(case, number, seed=1)
        inner, outer = case.lesions, case.mask & ~case.lesions
        assert np.median(changed.flair[inner]) > np.median(changed.flair[outer])
        assert np.median(changed.t1w[inner]) < np.median(changed.t1w[outer])


def test_numbers_differ_and_repeat(case):
    one, again = degrade_case(case, 1, seed=1), degrade_case(case, 1, seed=1)
    assert (one.flair == again.flair).all()
    assert (one.flair != degrade_case(case, 2, seed=1).flair).any()
    assert (one.flair != degrade_case(case, 1, seed=2).flair).any()
