import numpy as np
import pytest
from scipy import ndimage

from mslens.core.errors import ImageError, SettingsError
from mslens.radiomics.filters.laplacian_of_gaussian import laplacian_of_gaussian

SPACING = (2.0, 1.0, 1.3)


def image(dtype=np.float64, shape=(14, 21, 17)):
    return (np.random.default_rng(0).normal(100, 20, shape)).astype(dtype)


def test_a_gaussian_blob_answers_like_theory():
    """LoG of a Gaussian of width s0, at its centre: -3 sigma^2 / (s0^2 + sigma^2) times it."""
    grid = np.stack(np.meshgrid(*[np.arange(-30, 31)] * 3, indexing="ij"))
    blob = np.exp(-(grid**2).sum(0) / (2 * 4.0**2))
    found = laplacian_of_gaussian(blob, sigma_mm=3.0, spacing_mm=(1, 1, 1))
    total = 16.0 + 9.0
    expected = -3 * 9.0 / total * (16.0 / total) ** 1.5
    assert found[30, 30, 30] == pytest.approx(expected, rel=0.015)


def test_it_is_close_to_the_sampled_filter_away_from_edges():
    smooth = ndimage.gaussian_filter(image(shape=(40, 40, 40)), 1.5)
    found = laplacian_of_gaussian(smooth, sigma_mm=2.0, spacing_mm=(1, 1, 1))
    sampled = 4 * ndimage.gaussian_laplace(smooth, 2.0, mode="nearest")
    inner = np.s_[10:-10, 10:-10, 10:-10]
    assert np.abs(found - sampled)[inner].max() < 0.06 * np.abs(sampled[inner]).max()


@pytest.mark.parametrize("dtype", [np.int16, np.float32, np.float64])
@pytest.mark.parametrize("sigma", [0.7, 3.0])
def test_exact_equals_simpleitk_to_the_last_bit(dtype, sigma):
    sitk = pytest.importorskip("SimpleITK")
    volume = image(dtype)
    source = sitk.GetImageFromArray(volume)
    source.SetSpacing(SPACING[::-1])
    peer = sitk.LaplacianRecursiveGaussianImageFilter()
    peer.SetSigma(sigma)
    peer.SetNormalizeAcrossScale(True)
    expected = sitk.GetArrayFromImage(peer.Execute(source))
    found = laplacian_of_gaussian(volume, sigma_mm=sigma, spacing_mm=SPACING)
    assert (found == expected).all()


def test_fast_and_exact_check_each_other():
    exact = laplacian_of_gaussian(image(), sigma_mm=2.0, spacing_mm=SPACING)
    fast = laplacian_of_gaussian(image(), sigma_mm=2.0, spacing_mm=SPACING, implementation="fast")
    assert np.abs(fast - exact).max() < 1e-6 * np.abs(exact).max()


def test_the_input_is_left_alone():
    volume = image()
    before = volume.copy()
    laplacian_of_gaussian(volume, sigma_mm=1.0, spacing_mm=SPACING)
    assert (volume == before).all()


def test_what_cannot_be_filtered_is_refused():
    with pytest.raises(SettingsError, match="sigma"):
        laplacian_of_gaussian(image(), sigma_mm=0.0, spacing_mm=SPACING)
    with pytest.raises(ImageError, match="voxels along"):
        laplacian_of_gaussian(image()[:3], sigma_mm=1.0, spacing_mm=SPACING)
