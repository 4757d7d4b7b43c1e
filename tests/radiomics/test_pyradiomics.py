import numpy as np
import pytest

from mslens.core.errors import GridMismatch, ImageError, UnknownName
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.nifti import save_volume
from mslens.radiomics.pyradiomics import RadiomicsFeatureExtractor


@pytest.fixture
def files(tmp_path):
    rng = np.random.default_rng(0)
    grid = Grid(np.diag([1.0, 1.5, 2.0, 1.0]), (12, 11, 10))
    labels = np.zeros(grid.shape, dtype=np.int32)
    labels[2:8, 3:9, 2:8] = 1
    labels[9, 9, 9] = 5
    image = Volume(rng.normal(100, 20, grid.shape).astype(np.float32), grid)
    save_volume(tmp_path / "image.nii.gz", image)
    save_volume(tmp_path / "mask.nii.gz", Volume(labels, grid, "label"))
    return str(tmp_path / "image.nii.gz"), str(tmp_path / "mask.nii.gz")


def test_a_script_written_for_pyradiomics_runs(files):
    extractor = RadiomicsFeatureExtractor(binWidth=10, sigma=[2.0])
    extractor.disableAllImageTypes()
    extractor.enableImageTypeByName("Original")
    extractor.enableImageTypeByName("LoG", customArgs={"sigma": [2]})
    extractor.enableFeatureClassByName("shape", enabled=False)
    result = extractor.execute(*files)
    features = {k: v for k, v in result.items() if not k.startswith("diagnostics")}
    assert len(features) == 2 * 93
    assert "log-sigma-2-mm-3D_glcm_Contrast" in features
    assert isinstance(features["original_firstorder_Mean"], np.ndarray)
    assert float(features["original_firstorder_Mean"]) == pytest.approx(100, abs=5)
    assert result["diagnostics_Mask-original_VoxelNum"] == 216
    assert result["diagnostics_Mask-original_BoundingBox"] == (2, 3, 2, 6, 6, 6)


def test_parameters_come_from_files_dictionaries_and_json(files, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text("featureClass: {glcm: [Contrast]}\nsetting: {binWidth: 7}\n")
    first = RadiomicsFeatureExtractor(str(path)).execute(*files)
    second = RadiomicsFeatureExtractor(
        {"featureClass": {"glcm": ["Contrast"]}, "setting": {"binWidth": 7}}
    )
    second.loadJSONParams('{"featureClass": {"glcm": ["Contrast"]}, "setting": {"binWidth": 7}}')
    name = "original_glcm_Contrast"
    assert float(first[name]) == float(second.execute(*files)[name])


def test_simpleitk_images_give_the_same_values_as_files(files):
    sitk = pytest.importorskip("SimpleITK")
    extractor = RadiomicsFeatureExtractor(binWidth=10, additionalInfo=False)
    from_files = extractor.execute(*files)
    from_images = extractor.execute(*[sitk.ReadImage(path) for path in files])
    assert list(from_files) == list(from_images)
    for key, value in from_files.items():
        assert float(from_images[key]) == pytest.approx(float(value), rel=1e-12), key


def test_voxel_based_extraction_returns_images(files):
    sitk = pytest.importorskip("SimpleITK")
    extractor = RadiomicsFeatureExtractor(binWidth=10)
    extractor.disableAllFeatures()
    extractor.enableFeaturesByName(firstorder=["Mean"])
    found = extractor.execute(*files, voxelBased=True)
    values = sitk.GetArrayFromImage(found["original_firstorder_Mean"])
    assert (values != 0).sum() == 216


def test_what_pyradiomics_refuses_is_refused_with_a_reason(files):
    extractor = RadiomicsFeatureExtractor()
    with pytest.raises(ImageError, match="none of the wanted"):
        extractor.execute(*files, label=3)
    with pytest.raises(ImageError, match="label 5: region too small"):
        extractor.execute(*files, label=5)
    with pytest.raises(UnknownName, match="binWidth"):
        RadiomicsFeatureExtractor(binWidt=3)
    with pytest.raises(UnknownName, match="Wavelet"):
        extractor.enableImageTypeByName("Wavelett")


def test_another_grid_is_refused(files, tmp_path):
    grid = Grid(np.diag([1.0, 1.5, 2.1, 1.0]), (12, 11, 10))
    path = tmp_path / "other.nii.gz"
    save_volume(path, Volume(np.ones(grid.shape, dtype=np.int32), grid, "label"))
    with pytest.raises(GridMismatch, match="the mask is"):
        RadiomicsFeatureExtractor().execute(files[0], str(path))
