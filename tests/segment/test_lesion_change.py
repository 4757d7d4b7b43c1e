"""Changes that are known: lesions put into one or both of two images of one brain."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from mslens.core.errors import ImageError
from mslens.segment.lesion_change import (
    LesionChangeSettings,
    VisitPair,
    find_lesion_changes,
    measure_spread,
    measure_unrest,
)

SHAPE, SIZE = (48, 56, 44), (2.0, 2.0, 2.0)
WHITE, GREY, LESION, NOISE = 100.0, 120.0, 180.0, 3.0


def ball(centre, radius):
    index = np.stack(np.indices(SHAPE), axis=-1)
    return np.linalg.norm(index - np.array(centre), axis=-1) <= radius


#: Where lesions are: at both visits, at one of them, larger at one of them.
STABLE = ball((14, 20, 20), 4)
NEW = ball((34, 20, 20), 2.5)
SMALL, LARGE = ball((14, 38, 22), 3), ball((14, 38, 22), 4.5)
GONE = ball((34, 40, 22), 3)


def tissue():
    """White matter with a wavy grey rim, so that there are edges."""
    x, y, z = np.indices(SHAPE)
    wave = np.sin(x / 3.0) + np.cos(y / 4.0) + np.sin(z / 3.5)
    rim = ndimage.distance_transform_edt(np.pad(np.ones(SHAPE), 1))[1:-1, 1:-1, 1:-1] < 6 + wave
    return ndimage.gaussian_filter(np.where(rim, GREY, WHITE), 0.7)


def visit(lesions, seed, shift=0.0):
    image = tissue() + ndimage.gaussian_filter(lesions.astype(float), 0.5) * (LESION - WHITE)
    image = ndimage.shift(image, (shift, 0, 0), order=1, mode="nearest")
    rng = np.random.default_rng(seed)
    probability = ndimage.gaussian_filter(lesions.astype(np.float32), 0.5)
    return (image + NOISE * rng.standard_normal(SHAPE)).astype(np.float32), probability


def pair(before, after, shift=0.0):
    (earlier, p_earlier), (later, p_later) = visit(before, 1), visit(after, 2, shift)
    return VisitPair(earlier, 1.7 * later, p_earlier, p_later, np.ones(SHAPE, dtype=bool))


def find(visits, **changes):
    return find_lesion_changes(visits, voxel_size_mm=SIZE, settings=LesionChangeSettings(**changes))


@pytest.fixture(scope="module")
def changed():
    return pair(STABLE | SMALL | GONE, STABLE | LARGE | NEW)


def test_each_change_is_found_with_its_kind(changed):
    found = find(changed)
    assert sorted(found.kinds) == ["enlarging", "new", "shrinking"]
    for truth, kind in ((NEW, "new"), (LARGE & ~SMALL, "enlarging"), (GONE, "shrinking")):
        number = found.kinds.index(kind) + 1
        mask = found.instances == number
        assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.6, kind
        assert found.confidence[number - 1] > 0.7
    assert not (found.instances > 0)[STABLE].any()


def test_growth_beside_a_speck_is_new():
    speck = np.zeros(SHAPE, dtype=bool)
    speck[34, 20, 16] = True
    visits = pair(STABLE, STABLE | NEW)
    visits = replace(visits, earlier_probability=np.maximum(visits.earlier_probability, speck))
    touching = np.zeros(SHAPE, dtype=bool)
    touching[34, 20, 17] = True
    assert find(visits).kinds == ("new",)
    visits = replace(visits, earlier_probability=np.maximum(visits.earlier_probability, touching))
    assert find(visits).kinds == ("new",)
    assert find(visits, least_share_before=0.0).kinds == ("enlarging",)


def test_the_contrast_and_the_noise_are_measured(changed):
    found = find(changed, smoothing_fwhm_mm=0.0)
    middle = np.median(tissue())
    assert found.contrast == pytest.approx(LESION / middle - 1, rel=0.1)
    assert found.noise == pytest.approx(np.sqrt(2) * NOISE / middle, rel=0.25)


def test_exchanging_the_visits_turns_growth_into_loss(changed):
    other = VisitPair(
        changed.later,
        changed.earlier,
        changed.later_probability,
        changed.earlier_probability,
        changed.brain,
    )
    found, back = find(changed), find(other)
    grown = np.isin(found.instances, [i + 1 for i, k in enumerate(found.kinds) if k != "shrinking"])
    lost = np.isin(back.instances, [i + 1 for i, k in enumerate(back.kinds) if k == "shrinking"])
    np.testing.assert_array_equal(grown, lost)


def test_nothing_changes_where_nothing_changed():
    assert find(pair(STABLE | SMALL, STABLE | SMALL)).kinds == ()


def test_a_shift_of_a_third_of_a_voxel_is_no_change():
    assert find(pair(STABLE | SMALL, STABLE | SMALL, shift=0.33)).kinds == ()


def test_brightness_without_a_lesion_probability_is_not_enough(changed):
    visits = replace(changed, later_probability=np.zeros(SHAPE), brain=~NEW)
    assert "new" not in find(visits).kinds


def test_flow_that_brightens_fluid_is_no_lesion(changed):
    pool, flow = ball((34, 38, 22), 4), ball((34, 38, 22), 2)
    earlier, later = changed.earlier.copy(), changed.later.copy() / 1.7
    earlier[pool], later[pool], later[flow] = 30.0, 30.0, LESION
    doubt = np.maximum(changed.later_probability, 0.4 * flow)
    visits = replace(changed, earlier=earlier, later=later, later_probability=doubt)
    assert not (find(visits).instances > 0)[flow].any()


def test_a_clear_new_lesion_is_found_though_the_segmentation_hardly_saw_it(changed):
    faint = np.where(ndimage.binary_dilation(NEW), 0.03, changed.later_probability)
    found = find(replace(changed, later_probability=faint))
    assert ((found.instances > 0) & NEW).sum() > 0.5 * NEW.sum()


def test_ripples_of_motion_raise_the_noise_of_their_region_only():
    rng = np.random.default_rng(3)
    difference = rng.standard_normal((40, 40, 40))
    difference[20:] *= 2
    unrest = measure_unrest(difference, np.ones((40, 40, 40), dtype=bool), sigma=(2, 2, 2))
    assert unrest[4:12].mean() == pytest.approx(1.0, abs=0.1)
    assert 1.5 < unrest[28:36].mean() < 2.0
    assert unrest.min() >= 1.0


def test_lesions_at_neither_visit():
    nothing = np.zeros(SHAPE, dtype=bool)
    found = find(pair(nothing, nothing))
    assert found.kinds == ()
    assert not found.instances.any()


def test_the_inputs_are_left_alone(changed):
    before = changed.earlier.copy(), changed.later.copy()
    find(changed)
    np.testing.assert_array_equal(changed.earlier, before[0])
    np.testing.assert_array_equal(changed.later, before[1])


def test_no_normal_tissue_is_an_error(changed):
    with pytest.raises(ImageError, match="normal tissue"):
        find(replace(changed, brain=np.zeros(SHAPE, dtype=bool)))


def test_the_spread_grows_at_edges():
    rng = np.random.default_rng(0)
    ramp = np.zeros((40, 40, 40), dtype=np.float32)
    ramp[20:] = np.arange(20)[:, None, None] * 5
    difference = (
        rng.standard_normal(ramp.shape) * np.where(np.arange(40) >= 20, 4, 1)[:, None, None]
    )
    spread = measure_spread(difference, ramp, np.ones(ramp.shape, dtype=bool), bins=8)
    assert spread[5:15].mean() == pytest.approx(1.0, rel=0.1)
    assert spread[25:35].mean() == pytest.approx(4.0, rel=0.1)
