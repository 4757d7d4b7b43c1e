"""A simulated MP2RAGE: signals from tissue, complex noise, u = Re(I1 I2*) / (|I1|^2 + |I2|^2)."""

import numpy as np
import pytest

from dataset import head
from mslens.core.errors import ImageError
from mslens.io.nifti import load_volume, save_volume
from mslens.preprocess.uniform import UniformSettings, remove_uniform_background
from mslens.preprocess.uniform_steps import clean_uniform

SETTINGS = UniformSettings()
SIZE_MM = 2.0
VOXEL = (SIZE_MM, SIZE_MM, SIZE_MM)
#: I1 / I2 of white matter, grey matter and CSF, near those of the usual protocols.
RATIO = {"wm": 0.55, "gm": 0.1, "csf": -0.6}


@pytest.fixture(scope="module")
def mp2rage():
    """Uniform image with salt and pepper around the head, both magnitudes, truth, head mask."""
    truth = head(SIZE_MM)
    rng = np.random.default_rng(5)
    wm, gm = truth.wm.data, truth.gm.data
    inside = truth.t1w.data > 40
    csf = np.clip(1 - wm - gm, 0, 1)
    true_ratio = RATIO["wm"] * wm + RATIO["gm"] * gm + RATIO["csf"] * csf
    second = 60.0 * inside
    first = true_ratio * second
    noise = rng.normal(0, 1, (4, *second.shape))
    one, two = first + noise[0] + 1j * noise[1], second + noise[2] + 1j * noise[3]
    power = np.abs(one) ** 2 + np.abs(two) ** 2
    uniform = (one * two.conj()).real / power
    expected = true_ratio / (1 + true_ratio**2)
    return uniform, np.abs(two), np.abs(one), expected, inside


def background(mp2rage) -> np.ndarray:
    outside = ~mp2rage[4]
    outside[mp2rage[4].any(axis=(1, 2))] = False
    return outside


def test_the_simulated_background_is_salt_and_pepper(mp2rage):
    assert mp2rage[0][background(mp2rage)].std() > 0.25


@pytest.mark.parametrize(
    ("used", "method", "tolerance"),
    [(2, "both inversions", 0.03), (1, "second inversion", 0.03), (0, "texture", 0.02)],
)
def test_noise_becomes_dark_and_tissue_keeps_its_contrast(mp2rage, used, method, tolerance):
    uniform, second, first, expected, _ = mp2rage
    found = remove_uniform_background(
        uniform, *(second, first)[:used], voxel_size_mm=VOXEL, settings=SETTINGS
    )
    assert found.method == method
    assert found.image.dtype == np.float32
    assert found.image[background(mp2rage)].mean() < 60
    deep = head(SIZE_MM).brain.data & (head(SIZE_MM).wm.data > 0.9)
    assert found.image[deep].mean() == pytest.approx((expected[deep].mean() + 0.5) * 1000, rel=0.05)
    brain = head(SIZE_MM).brain.data
    difference = np.abs(found.image[brain] / 1000 - 0.5 - expected[brain])
    assert np.median(difference) < tolerance


def test_whole_numbers_to_4095_are_the_same_image(mp2rage):
    uniform, second, _, _, _ = mp2rage
    stored = np.rint((uniform + 0.5) * 4095).astype(np.int16)
    one, two = (
        remove_uniform_background(image, second, voxel_size_mm=VOXEL, settings=SETTINGS).image
        for image in (uniform, stored)
    )
    # Near the ends of the range the inverse is steep, so rounding shows in single voxels.
    assert np.percentile(np.abs(one - two), 99) < 0.5


def test_without_noise_nothing_changes():
    ratio = np.linspace(-0.4, 0.4, 1000).reshape(10, 10, 10)
    second = np.full(ratio.shape, 100.0)
    second[np.ix_([0, -1], [0, -1], [0, -1])] = 0
    clean = remove_uniform_background(ratio, second, voxel_size_mm=VOXEL, settings=SETTINGS).image
    assert np.allclose(clean[second > 0] / 1000 - 0.5, ratio[second > 0], atol=1e-6)
    assert (clean[second == 0] == 0).all()


def test_shapes_must_agree():
    with pytest.raises(ImageError, match="inversion"):
        remove_uniform_background(
            np.zeros((3, 3, 3)), np.zeros((3, 3, 4)), voxel_size_mm=VOXEL, settings=SETTINGS
        )


def test_the_step_leaves_out_an_inversion_on_another_grid_and_says_so(mp2rage, tmp_path):
    grid_of = head(SIZE_MM).t1w
    paths = {"image": tmp_path / "u.nii.gz", "second": tmp_path / "i.nii.gz"}
    save_volume(paths["image"], grid_of.like(mp2rage[0].astype(np.float32)))
    other = head(5.0).t1w
    save_volume(paths["second"], other)
    out = {"image": tmp_path / "o.nii.gz"}
    facts = clean_uniform(paths, out, SETTINGS)
    assert facts["method"] == "texture"
    assert "second inversion lies on another grid" in facts["flags"][0]["message"]
    save_volume(paths["second"], grid_of.like(mp2rage[1].astype(np.float32)))
    facts = clean_uniform(paths, out, SETTINGS)
    assert (facts["method"], facts["flags"]) == ("second inversion", [])
    assert 0.1 < facts["background"] < 0.9
    assert load_volume(out["image"]).grid.is_close(grid_of.grid)
