"""1,037 values that PyRadiomics 3.0.1 gives for a fixed volume (written once with its own code)."""

import json
from pathlib import Path

import numpy as np
import pytest

from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.extract import extract_features
from mslens.radiomics.images import LaplacianOfGaussian, Original, Wavelet
from mslens.radiomics.settings import RadiomicsSettings

GOLDEN = json.loads(Path(__file__).with_name("pyradiomics_3.0.1.json").read_text())


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(20)
    slope = 8 * np.arange(14) + 3 * np.arange(16)[:, None]
    image = np.round(rng.normal(100, 20, (18, 16, 14)) + slope, 3)
    i, j, k = np.indices(image.shape)
    labels = ((i - 8) / 7) ** 2 + ((j - 7.5) / 6) ** 2 + ((k - 6) / 5) ** 2 < 1
    labels[2:5, 3:6, 9:12] = False
    labels[15:17, 13:15, 12:13] = True
    settings = RadiomicsSettings(
        images=(Original(), LaplacianOfGaussian(sigma_mm=(1.0, 2.5)), Wavelet()),
        discretisation=Discretisation(bin_width=10),
    )
    result = extract_features(image, labels, voxel_size_mm=(1.0, 1.2, 2.0), settings=settings)
    return dict(zip([c.name for c in result.columns], result.matrix[0], strict=True))


def test_the_same_features_are_there(found):
    assert set(found) == set(GOLDEN)


@pytest.mark.parametrize("kind", ["shape", "firstorder", "glcm", "gldm", "glrlm", "glszm", "ngtdm"])
def test_values_agree_to_eight_digits(found, kind):
    names = [name for name in GOLDEN if name.split("_")[1] == kind]
    assert names
    for name in names:
        assert found[name] == pytest.approx(GOLDEN[name], rel=1e-8, abs=1e-12), name
