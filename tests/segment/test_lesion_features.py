from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from mslens.segment.lesion_features import FEATURES, LesionContrasts, measure_features
from mslens.segment.lesions import LesionSettings
from phantom import make_head


@pytest.fixture(scope="module")
def head():
    return make_head(4.0, seed=3, n_lesions=10)


@pytest.fixture(scope="module")
def images(head):
    gm, wm = head.gm.data, head.wm.data
    places = np.moveaxis(np.indices(gm.shape), 0, 0)[:3].astype(np.float32)
    far = np.full(gm.shape, 20, np.float32)
    csf = np.where(head.brain.data, 1 - gm - wm, 1)
    return LesionContrasts(
        flair=head.flair.data,
        t1w=head.t1w.data,
        t2w=None,
        mask=head.brain.data,
        geography=np.stack([csf, gm, wm, far, far, *places]),
        voxel_size_mm=(4.0, 4.0, 4.0),
    )


def measure(images):
    return measure_features(images, settings=LesionSettings())


def column(found, name):
    return found.values[:, FEATURES.index(name)]


def test_lesions_stand_out_and_are_all_asked_about(images, head):
    found = measure(images)
    truth = head.lesions.data.ravel()[found.where]
    assert truth.sum() == head.lesions.data.sum()
    assert head.brain.data.ravel()[found.where].all()
    for name in ("flair", "flair_to_local_wm", "flair_0.8-3.2", "mixture"):
        assert np.median(column(found, name)[truth]) > np.quantile(column(found, name)[~truth], 0.9)
    assert np.median(column(found, "t1w")[truth]) < -1, "dark on T1w"


def test_a_black_hole_in_a_lesion_is_asked_about(images, head):
    """Its middle is darker than white matter; what is around it is not."""
    truth = head.lesions.data
    middle = truth & ndimage.binary_erosion(truth)
    assert middle.any()
    white = np.median(images.flair[head.wm.data > 0.95])
    dark = np.where(middle, 0.97 * white, images.flair).astype(np.float32)
    found = measure(replace(images, flair=dark))
    asked = np.zeros(truth.size, dtype=bool)
    asked[found.where] = True
    assert asked[middle.ravel()].all()


def test_lesions_are_curved_like_blobs(images, head):
    found = measure(images)
    truth = head.lesions.data.ravel()[found.where]
    for n in (1, 2, 3):
        curve = column(found, f"flair_curve{n}_3.2")
        assert np.median(curve[truth]) < np.median(curve[~truth])


def test_the_height_does_not_tell_how_bright_a_lesion_is(images, head):
    white = np.median(images.flair[head.wm.data > 0.95])
    rise = np.where(head.lesions.data, images.flair - white, 0)
    dim, bright = (
        measure(replace(images, flair=(images.flair + more * rise).astype(np.float32)))
        for more in (-0.8, -0.6)
    )

    def inside(found, name):
        place = np.searchsorted(found.where, np.flatnonzero(head.lesions.data))
        return column(found, name)[place]

    assert np.median(inside(bright, "flair") - inside(dim, "flair")) > 1
    for reach in (3.0, 6.0):
        name = f"flair_height_{reach}"
        assert np.median(np.abs(inside(bright, name) - inside(dim, name))) < 0.15
        truth = head.lesions.data.ravel()[dim.where]
        assert np.median(column(dim, name)[~truth]) < 0.3 < np.median(column(dim, name)[truth])


def test_neither_scale_nor_offset_of_an_image_matters(images):
    one = measure(images)
    changed = replace(images, flair=images.flair * 7 + 40, t1w=images.t1w / 30)
    many = measure(changed)
    common = np.intersect1d(one.where, many.where)
    assert len(common) > 0.99 * len(one.where)
    a = one.values[np.isin(one.where, common)]
    b = many.values[np.isin(many.where, common)]
    differs = ~np.isclose(a, b, atol=0.02, equal_nan=True)
    assert differs.mean() < 1e-4, "a voxel between two tissues may change sides"


def test_a_missing_contrast_is_missing(images):
    found = measure(replace(images, t1w=None))
    missing = np.isnan(found.values).all(axis=0)
    assert [n for n, gone in zip(FEATURES, missing, strict=True) if gone] == [
        name for name in FEATURES if name.startswith(("t1w", "t2w"))
    ]
    assert np.isfinite(found.values[:, ~missing]).all()


def test_contrasts_are_named(images):
    assert images.contrasts == ["FLAIR", "T1w"]
    assert replace(images, t1w=None, t2w=images.flair).contrasts == ["FLAIR", "T2w"]


def test_the_input_stays_and_the_bytes_repeat(images):
    before = images.flair.copy()
    assert measure(images).values.tobytes() == measure(images).values.tobytes()
    assert (images.flair == before).all()


def test_what_lies_outside_of_the_brain_does_not_matter(images):
    bright = np.where(images.mask, images.flair, 1e4).astype(np.float32)
    np.testing.assert_array_equal(
        measure(images).values, measure(replace(images, flair=bright)).values
    )
