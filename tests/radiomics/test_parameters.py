import pytest

from mslens.core.errors import SettingsError, UnknownName
from mslens.radiomics.parameters import read_parameter_file, translate_parameters
from mslens.radiomics.settings import EDSS_RADIOMICS

PAPER_000 = """
imageType:
  Original: {}
  LoG:
    sigma: [1.0, 3.0, 5.0]
  Wavelet: {}
featureClass:
  firstorder:
  glcm: [%s]
  gldm:
  glrlm:
  glszm:
  ngtdm:
setting:
  binWidth: 5
  normalize: true
  normalizeScale: 100
"""


def test_the_preset_of_paper_000_can_be_said_in_pyradiomics_words(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(PAPER_000 % ", ".join(EDSS_RADIOMICS.features["glcm"]))
    assert read_parameter_file(path) == EDSS_RADIOMICS


def test_settings_are_translated():
    found = translate_parameters(
        {
            "imageType": {"Original": {"binCount": 16}, "LoG": {"sigma": [2]}, "LBP3D": None},
            "setting": {
                "binCount": 32,
                "resampledPixelSpacing": [1, 1, 2],
                "interpolator": "sitkLinear",
                "resegmentRange": [-3, 3],
                "resegmentMode": "sigma",
                "minimumROISize": 50,
                "gldm_a": 1,
                "voxelArrayShift": 300,
                "preCrop": True,
                "label": 4,
                "weightingNorm": None,
            },
        }
    )
    assert found.discretisation.method == "count"
    assert found.images[0].discretisation.bin_count == 16
    assert found.images[1].sigma_mm == (2,)
    assert isinstance(found.images[1].sigma_mm[0], int)
    assert found.interpolation == "linear"
    assert found.resampled_spacing_mm == (1, 1, 2)
    assert found.minimum_voxels == 51
    assert (found.coarseness, found.shift) == (1, 300)
    assert sum(len(found.features_of(name)) for name in found.features) == 107


@pytest.mark.parametrize(
    ("parameters", "error", "says"),
    [
        ({"setting": {"binwidth": 3}}, UnknownName, "binWidth"),
        ({"settings": {}}, UnknownName, "setting"),
        ({"imageType": {"Wavelets": {}}}, UnknownName, "Wavelet"),
        ({"imageType": {"LoG": {"sigmas": [1]}}}, UnknownName, "sigma"),
        ({"featureClass": {"glcm": ["Contrasts"]}}, UnknownName, "Contrast"),
        ({"setting": {"distances": [2]}}, SettingsError, "distances"),
        ({"setting": {"weightingNorm": "euclidean"}}, SettingsError, "weightingNorm"),
        ({"setting": {"interpolator": "sitkLinea"}}, UnknownName, "sitkLinear"),
    ],
)
def test_what_cannot_be_followed_is_named(parameters, error, says):
    with pytest.raises(error, match=says):
        translate_parameters(parameters)


def test_a_file_that_is_no_mapping_is_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("- a\n- b\n")
    with pytest.raises(SettingsError, match="no mapping"):
        read_parameter_file(path)
    path.write_text("a: [")
    with pytest.raises(SettingsError, match="YAML"):
        read_parameter_file(path)
