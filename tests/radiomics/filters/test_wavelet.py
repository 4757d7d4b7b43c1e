import platform

import numpy as np
import pytest

from mslens.core.errors import UnknownName
from mslens.radiomics.filters.wavelet import (
    decomposition_filters,
    list_wavelets,
    wavelet_bands,
)


@pytest.mark.parametrize("name", ["haar", "db4", "sym8", "coif1", "coif5", "bior4.4", "rbio2.2"])
def test_filters_pass_and_stop_constants(name):
    low, high = decomposition_filters(name)
    assert low.sum() == pytest.approx(np.sqrt(2), abs=1e-7)
    assert high.sum() == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("name", [n for n in list_wavelets() if n[:2] in ("ha", "db", "sy", "co")])
def test_orthogonal_filters_are_orthogonal(name):
    low, high = decomposition_filters(name)
    assert (low**2).sum() == pytest.approx(1, abs=1e-7)
    assert low @ high == pytest.approx(0, abs=1e-7)
    assert low[2:] @ low[:-2] == pytest.approx(0, abs=1e-7)


def test_a_constant_image_is_all_in_the_low_band():
    bands = dict(wavelet_bands(np.full((7, 8, 9), 3.0)))
    assert sorted(bands) == ["HHH", "HHL", "HLH", "HLL", "LHH", "LHL", "LLH", "LLL"]
    assert bands.pop("LLL") == pytest.approx(3.0 * 2**1.5)
    assert max(np.abs(band).max() for band in bands.values()) < 1e-10


def test_letters_stand_for_the_axes_i_j_k():
    """A wave along i answers in the bands whose first letter is H."""
    wave = np.broadcast_to((-1.0) ** np.arange(8), (6, 10, 8))
    energy = {name: (band**2).sum() for name, band in wavelet_bands(wave, wavelet="haar")}
    assert max(energy, key=energy.get) == "HLL"
    assert energy["LHL"] == pytest.approx(0)


def test_haar_bands_are_sums_and_differences_of_neighbours():
    image = np.random.default_rng(0).normal(size=(4, 6, 8))
    bands = dict(wavelet_bands(image, wavelet="haar"))
    next_i = np.roll(image, -1, axis=2)
    low = (image + next_i) / np.sqrt(2)
    for axis in (1, 0):
        low = (low + np.roll(low, -1, axis=axis)) / np.sqrt(2)
    assert bands["LLL"] == pytest.approx(low)


def test_energy_is_kept_eightfold_by_an_orthogonal_wavelet():
    image = np.random.default_rng(1).normal(size=(8, 6, 10))
    total = sum((band**2).sum() for _, band in wavelet_bands(image))
    assert total == pytest.approx(8 * (image**2).sum())


def test_odd_axes_keep_their_length_and_float32_stays():
    image = np.random.default_rng(2).normal(size=(5, 7, 9)).astype(np.float32)
    for _, band in wavelet_bands(image):
        assert band.shape == image.shape
        assert band.dtype == np.float32


def test_levels_are_named_as_pyradiomics_names_them():
    names = [name for name, _ in wavelet_bands(np.zeros((8, 8, 8)), level=2)]
    assert len(names) == 15
    assert "LLH" in names
    assert "2-LLH" in names
    assert names[-1] == "2-LLL"


#: Roundings, in units of the last place of the largest voxel. The order of the sums is
#: PyWavelets', so that x86-64 has none; elsewhere compilers may fuse multiply and add, which
#: rounds once instead of twice for each of at most 30 taps along three axes.
ROUNDINGS = 0 if platform.machine() in {"x86_64", "AMD64"} else 90


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("wavelet", ["haar", "db3", "sym5", "coif1", "coif3", "bior2.2", "coif5"])
@pytest.mark.parametrize("shape", [(16, 12, 14), (32, 36, 30)])
def test_values_equal_pywavelets(dtype, wavelet, shape):
    """Also beyond the end of a line, where PyWavelets adds the taps in another order."""
    pywt = pytest.importorskip("pywt")
    image = np.random.default_rng(3).normal(100, 9, shape).astype(dtype)
    expected = pywt.swtn(image, wavelet, level=1, axes=(2, 1, 0))[0]
    allowed = ROUNDINGS * np.finfo(dtype).eps * np.abs(image).max()
    for name, band in wavelet_bands(image, wavelet=wavelet):
        reference = expected[name.replace("L", "a").replace("H", "d")]
        assert np.abs(band - reference).max() <= allowed, name


def test_an_unknown_wavelet_gets_the_closest_name():
    with pytest.raises(UnknownName, match="coif1"):
        list(wavelet_bands(np.zeros((4, 4, 4)), wavelet="coif"))
