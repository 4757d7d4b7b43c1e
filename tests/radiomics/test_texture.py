import numpy as np
import pytest

from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.names import CLASS_FEATURES, IBSI_CODES, TEXTURE_CLASSES
from mslens.radiomics.regions import find_regions
from mslens.radiomics.texture import (
    Scratch,
    TextureRequest,
    describe_texture,
    texture_features,
)

REQUEST = TextureRequest(TEXTURE_CLASSES, Discretisation(bin_width=1.0))


def describe(image, mask, request=REQUEST):
    region = find_regions(mask.astype(np.int32))[0]
    return describe_texture(image.reshape(-1)[region.voxels], region, request)


def test_the_sets_have_the_published_sizes():
    sizes = {name: len(features) for name, features in CLASS_FEATURES.items()}
    assert sizes == {
        "shape": 14,
        "firstorder": 18,
        "glcm": 24,
        "gldm": 14,
        "glrlm": 16,
        "glszm": 16,
        "ngtdm": 5,
    }
    assert sum(sizes.values()) == 107
    codes = [code for code in IBSI_CODES.values() if code]
    assert len(codes) == len(set(codes))
    assert all(len(code) == 4 for code in codes)


def test_a_cube_can_be_turned_and_mirrored():
    image = np.random.default_rng(0).integers(0, 6, (5, 6, 7)).astype(float)
    mask = np.ones(image.shape, dtype=bool)
    reference = describe(image, mask)
    turned = describe(np.ascontiguousarray(image.transpose(2, 0, 1)[::-1]), mask.transpose(2, 0, 1))
    for name in TEXTURE_CLASSES:
        assert turned.values[name] == pytest.approx(reference.values[name], rel=1e-9), name


def test_regions_do_not_disturb_each_other_through_the_scratch():
    rng = np.random.default_rng(1)
    image, labels = rng.normal(0, 3, (8, 8, 8)), rng.integers(1, 4, (8, 8, 8))
    shared = Scratch()
    for region in find_regions(labels):
        values = image.reshape(-1)[region.voxels]
        alone = describe_texture(values, region, REQUEST)
        together = describe_texture(values, region, REQUEST, scratch=shared)
        for name in TEXTURE_CLASSES:
            assert (alone.values[name] == together.values[name]).all()


def test_not_a_number_in_the_region_gives_a_reason():
    image = np.zeros((3, 3, 3))
    image[1, 1, 1] = np.nan
    found = describe(image, np.ones((3, 3, 3)))
    assert all(np.isnan(values).all() for values in found.values.values())
    assert set(found.reasons) == set(TEXTURE_CLASSES)


def test_ten_million_bins_keep_the_first_order_and_give_a_reason_for_the_rest():
    image = np.linspace(0.0, 1.0, 27).reshape(3, 3, 3)
    request = TextureRequest(TEXTURE_CLASSES, Discretisation(bin_width=1e-7))
    found = describe(image, np.ones((3, 3, 3)), request)
    assert np.isfinite(found.values["firstorder"]).all()
    assert "10,000,001 grey levels" in found.reasons["glcm"]
    assert np.isnan(found.values["glszm"]).all()


def test_one_call_for_a_notebook():
    image = np.random.default_rng(2).normal(0, 1, (6, 5, 4))
    found = texture_features(
        image, image > -1, discretisation=Discretisation(bin_width=0.5), classes=["glcm", "gldm"]
    )
    assert len(found) == 38
    assert found["glcm_Contrast"] > 0
