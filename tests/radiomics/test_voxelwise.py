import numpy as np
import pytest

from mslens.core.errors import SettingsError
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.settings import RadiomicsSettings
from mslens.radiomics.voxelwise import map_features

SETTINGS = RadiomicsSettings(
    features={"firstorder": ("Mean", "Entropy"), "glcm": ("Contrast",)},
    discretisation=Discretisation(bin_width=1.0),
)


def test_the_map_of_the_mean_is_the_local_mean_inside_the_mask():
    rng = np.random.default_rng(0)
    image = rng.integers(0, 5, (7, 6, 5)).astype(float)
    inside = rng.random(image.shape) < 0.6
    maps = {
        c.name: m
        for c, m in map_features(image, inside, voxel_size_mm=(1, 1, 1), settings=SETTINGS).items()
    }
    assert set(maps) == {
        "original_firstorder_Mean",
        "original_firstorder_Entropy",
        "original_glcm_Contrast",
    }
    for at in np.argwhere(inside)[:20]:
        box = tuple(slice(max(0, c - 1), c + 2) for c in at)
        near = image[box][inside[box]]
        assert maps["original_firstorder_Mean"][tuple(at)] == pytest.approx(near.mean())
    assert (maps["original_firstorder_Mean"][~inside] == 0).all()


def test_texture_is_where_the_image_changes():
    image = np.zeros((9, 9, 9))
    image[5:] = 3.0
    maps = {
        c.name: m
        for c, m in map_features(
            image, np.ones(image.shape, bool), voxel_size_mm=(1, 1, 1), settings=SETTINGS
        ).items()
    }
    contrast = maps["original_glcm_Contrast"]
    assert (contrast[4:6] > 0).all()
    assert (contrast[:4] == 0).all()
    assert (contrast[6:] == 0).all()


def test_a_radius_below_one_is_refused():
    with pytest.raises(SettingsError, match="radius"):
        map_features(
            np.zeros((3, 3, 3)),
            np.ones((3, 3, 3), bool),
            voxel_size_mm=(1, 1, 1),
            settings=SETTINGS,
            radius_voxels=0,
        )
