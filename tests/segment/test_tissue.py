import numpy as np
import pytest

from mslens.core.errors import ImageError, QualityError
from mslens.segment.tissue import TissueSettings, label_tissue, segment_tissue
from phantom import make_head

SIZE = (4.0, 4.0, 4.0)


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.fixture(scope="module")
def head():
    return make_head(4.0, seed=1)


def priors(head, shift=0):
    """Template maps, moved by some voxels as a registration would."""
    gm, wm = head.gm.data, head.wm.data
    csf = np.where(head.brain.data, 1 - gm - wm, 1)
    return np.stack([np.roll(part, shift, axis=1) for part in (csf, gm, wm)])


def truth(head):
    return np.argmax(priors(head), axis=0) + 1


def segment(head, image=None, *, shift=0, lesions=True, **settings):
    return segment_tissue(
        head.t1w.data if image is None else image,
        head.brain.data,
        priors(head, shift),
        head.lesions.data if lesions else None,
        voxel_size_mm=SIZE,
        settings=TissueSettings(**settings),
    )


def scores(head, maps):
    labels, normal = label_tissue(maps.probability), head.brain.data & ~head.lesions.data
    return [dice((labels == k) & normal, (truth(head) == k) & normal) for k in (2, 3)]


@pytest.mark.parametrize("shift", [0, 1])
def test_grey_and_white_matter_of_the_phantom(head, shift):
    maps = segment(head, shift=shift)
    gm, wm = scores(head, maps)
    assert gm > 0.88
    assert wm > 0.90
    assert maps.mean[2] == pytest.approx(100, abs=10)
    assert maps.mean[0] < maps.mean[1] < maps.mean[2]


def test_remaining_bias_is_modelled(head):
    slope = np.linspace(0.8, 1.2, head.t1w.data.shape[1])[None, :, None]
    biased = head.t1w.data * slope
    with_field = scores(head, segment(head, biased))
    without = scores(head, segment(head, biased, bias_degree=0))
    assert with_field[1] > without[1] + 0.02
    assert with_field[1] > 0.90


def test_flair_alone_has_its_contrast(head):
    gm, wm = scores(head, segment(head, head.flair.data))
    assert min(gm, wm) > 0.78


def test_lesions_are_white_matter_and_do_not_pull_the_fit(head):
    masked, blind = segment(head), segment(head, lesions=False)
    assert (label_tissue(masked.probability)[head.lesions.data] == 3).all()
    assert (label_tissue(blind.probability)[head.lesions.data] != 3).mean() > 0.3


def test_probabilities_add_up_inside_and_vanish_outside(head):
    total = segment(head).probability.sum(axis=0)
    np.testing.assert_allclose(total[head.brain.data], 1, atol=1e-5)
    assert not total[~head.brain.data].any()


def test_shares_add_up_and_give_lesions_to_white_matter(head):
    share = segment(head).share
    np.testing.assert_allclose(share.sum(axis=0)[head.brain.data], 1, atol=1e-5)
    assert not share.sum(axis=0)[~head.brain.data].any()
    assert (share[2][head.lesions.data] == 1).all()


def test_shares_are_nearer_to_mixed_voxels_than_whole_ones(head):
    """Grey matter that touches fluid is mixed: a class would take it whole."""
    brain = head.brain.data & ~head.lesions.data
    true = priors(head)[1]
    maps = segment(head)
    whole = label_tissue(maps.probability) == 2

    def miss(estimate):
        return float(np.sqrt(np.mean((estimate[brain] - true[brain]) ** 2)))

    assert miss(maps.share[1]) < 0.8 * miss(whole)
    assert maps.share[1][brain].sum() == pytest.approx(true[brain].sum(), rel=0.05)


def test_scaling_the_image_changes_nothing_but_the_means(head):
    one, many = segment(head), segment(head, head.t1w.data * 37.0)
    np.testing.assert_allclose(one.probability, many.probability, atol=2e-3)
    np.testing.assert_allclose(one.mean * 37, many.mean, rtol=1e-3)


def test_same_input_gives_the_same_bytes(head):
    assert segment(head).probability.tobytes() == segment(head).probability.tobytes()


def test_neighbours_smooth_the_labels():
    noisy = make_head(4.0, seed=2)
    rng = np.random.default_rng(0)
    image = noisy.t1w.data + rng.normal(0, 15, noisy.t1w.data.shape)
    alone, joined = segment(noisy, image, mrf_strength=0.0), segment(noisy, image)
    assert sum(scores(noisy, joined)) > sum(scores(noisy, alone))


def test_orientation_does_not_matter(head):
    maps = segment(head)
    turned = segment_tissue(
        head.t1w.data[::-1].transpose(2, 0, 1),
        head.brain.data[::-1].transpose(2, 0, 1),
        priors(head)[:, ::-1].transpose(0, 3, 1, 2),
        head.lesions.data[::-1].transpose(2, 0, 1),
        voxel_size_mm=SIZE,
        settings=TissueSettings(fit_voxels=10**6),
    )
    back = turned.probability.transpose(0, 2, 3, 1)[:, ::-1]
    same = label_tissue(back) == label_tissue(maps.probability)
    assert same[head.brain.data].mean() > 0.999


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
def test_every_type_of_image(head, dtype):
    image = np.clip(head.t1w.data, 0, 255).astype(dtype)
    assert min(scores(head, segment(head, image))) > 0.88


def test_one_broken_voxel_does_not_matter(head):
    broken = head.t1w.data.copy()
    broken[tuple(np.argwhere(head.gm.data > 0.95)[0])] = 1e6
    assert min(scores(head, segment(head, broken))) > 0.88


def test_bad_input_is_named(head):
    with pytest.raises(ImageError, match="0 voxels"):
        segment_tissue(
            head.t1w.data,
            np.zeros(head.t1w.data.shape),
            priors(head),
            voxel_size_mm=SIZE,
            settings=TissueSettings(),
        )
    holed = head.t1w.data.copy()
    holed[tuple(np.argwhere(head.brain.data)[0])] = np.nan
    with pytest.raises(ImageError, match="NaN"):
        segment(head, holed)
    with pytest.raises(ImageError, match="zero or negative"):
        segment(head, np.zeros(head.t1w.data.shape))


def test_a_missing_tissue_is_a_quality_error(head):
    flat = priors(head)
    flat[1] += flat[2]
    flat[2] = 0
    with pytest.raises(QualityError, match="no wm"):
        segment_tissue(
            np.where(head.brain.data, 100.0, 0),
            head.brain.data,
            flat,
            voxel_size_mm=SIZE,
            settings=TissueSettings(prior_floor=1e-9),
        )
