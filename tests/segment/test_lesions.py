import numpy as np
import pytest

from mslens.core.errors import ImageError, QualityError
from mslens.segment.lesions import LesionSettings, score_lesions, threshold_lesions
from phantom import make_head

SIZE = (4.0, 4.0, 4.0)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.fixture(scope="module")
def head():
    return make_head(4.0, seed=3, n_lesions=10)


def priors(head):
    gm, wm = head.gm.data, head.wm.data
    return np.stack([np.where(head.brain.data, 1 - gm - wm, 1), gm, wm])


def score(head, *, flair=None, others=(), **settings):
    return score_lesions(
        head.flair.data if flair is None else flair,
        head.brain.data,
        priors(head),
        others,
        voxel_size_mm=SIZE,
        settings=LesionSettings(**settings),
    )


def mask(found):
    return threshold_lesions(
        found.score, found.brightness, voxel_size_mm=SIZE, settings=LesionSettings()
    )


@pytest.mark.parametrize("with_t1w", [False, True])
def test_phantom_lesions_are_found(head, with_t1w):
    found = score(head, others=[head.t1w.data] if with_t1w else [])
    assert dice(mask(found), head.lesions.data) > 0.9
    assert found.mean.shape == (4, 1 + with_t1w)
    assert found.mean[3, 0] > found.mean[2, 0], "lesions are brighter than WM on FLAIR"
    assert found.mean[2, 0] == pytest.approx(60, abs=5)


def test_a_head_without_lesions_has_none():
    healthy = make_head(4.0, seed=4, n_lesions=0)
    assert mask(score(healthy, others=[healthy.t1w.data])).sum() <= 3


def test_scores_are_between_0_and_1_and_inside_the_brain(head):
    values = score(head).score
    assert values.dtype == np.float32
    assert values.min() >= 0
    assert values.max() <= 1
    assert not values[~head.brain.data].any()


def test_scores_rank_lesions_above_normal_white_matter(head):
    values = score(head, others=[head.t1w.data]).score
    normal = (head.wm.data > 0.9) & ~head.lesions.data
    assert np.median(values[head.lesions.data]) > 0.9
    assert np.quantile(values[normal], 0.99) < 0.1


def test_dark_spots_are_no_lesions(head):
    dark = np.where(head.lesions.data, 20.0, head.flair.data)
    assert mask(score(head, flair=dark)).sum() <= 3


def test_same_input_gives_the_same_bytes(head):
    assert score(head).score.tobytes() == score(head).score.tobytes()


def test_intensity_scale_does_not_matter(head):
    one = score(head, others=[head.t1w.data])
    many = score(head, flair=head.flair.data * 50, others=[head.t1w.data / 9])
    np.testing.assert_allclose(one.score, many.score, atol=5e-3)
    np.testing.assert_allclose(one.mean * (50, 1 / 9), many.mean, rtol=1e-3)


def test_one_bright_voxel_moves_no_other_lesion(head):
    bright = head.flair.data.copy()
    bright[tuple(np.argwhere(head.gm.data > 0.95)[0])] = 1e5
    assert dice(mask(score(head, flair=bright)), head.lesions.data) > 0.9


def cut(values, brightness=None, size=(2, 2, 2)):
    bright = np.full(values.shape, 9.0) if brightness is None else brightness
    settings = LesionSettings(min_volume_mm3=14)
    return threshold_lesions(values, bright, voxel_size_mm=size, settings=settings)


def test_hysteresis_and_smallest_volume():
    values = np.zeros((12, 5, 5))
    values[1:4, 2, 2] = 0.6
    values[2, 2, 2] = 0.95  # grown from a seed
    values[6:9, 2, 2] = 0.8  # no seed
    values[10, 2, 2] = 0.99  # too small
    assert np.argwhere(cut(values))[:, 0].tolist() == [1, 2, 3]
    assert cut(values, size=(2, 2, 4))[10, 2, 2]


def test_a_tenth_of_a_lesion_must_be_bright():
    values = np.zeros((12, 2, 2))
    values[1:11, 0, 0] = 0.95
    bright = np.zeros(values.shape)
    assert not cut(values, bright).any()
    bright[1, 0, 0] = 5.0
    assert not cut(values, bright).any(), "one voxel of ten is the tenth's upper end"
    bright[2, 0, 0] = 2.0
    assert cut(values, bright).sum() == 10


def test_no_score_gives_an_empty_mask():
    empty = cut(np.full((4, 4, 4), np.nan))
    assert empty.dtype == bool
    assert not empty.any()


def test_bad_input_is_named(head):
    holed = np.where(head.brain.data, np.inf, 0.0)
    with pytest.raises(ImageError, match="NaN or Inf"):
        score(head, flair=holed)
    with pytest.raises(ImageError, match="zero in most"):
        score(head, others=[np.zeros(head.flair.data.shape)])
    tiny = np.zeros(head.flair.data.shape, bool)
    tiny[20:22, 20:22, 20:23] = True
    with pytest.raises(ImageError, match="12 voxels"):
        score_lesions(
            head.flair.data, tiny, priors(head), voxel_size_mm=SIZE, settings=LesionSettings()
        )
    nothing = priors(head)
    nothing[0] = 1
    nothing[1:] = 0
    with pytest.raises(QualityError, match=r"no (GM|WM) was found"):
        score_lesions(
            head.flair.data,
            head.brain.data,
            nothing,
            voxel_size_mm=SIZE,
            settings=LesionSettings(prior_floor=1e-9),
        )
