import numpy as np
import pytest

from mslens.core.errors import GridMismatch, ImageError, SettingsError, UnknownName
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.extract import extract_features, name_images
from mslens.radiomics.images import (
    Gradient,
    LaplacianOfGaussian,
    Lbp3D,
    Original,
    Pointwise,
    Wavelet,
)
from mslens.radiomics.settings import (
    EDSS_RADIOMICS,
    QSM_ROBUSTNESS,
    RadiomicsSettings,
    choose_preset,
)

pytestmark = pytest.mark.slow

SIZE = (1.0, 1.2, 2.0)


def make(shape=(14, 12, 10), n_regions=3, *, seed=0):
    rng = np.random.default_rng(seed)
    image = rng.normal(100, 15, shape)
    labels = np.zeros(shape, dtype=np.int32)
    for n in range(n_regions):
        labels[3 * n + 1 : 3 * n + 4, 2:10, 2:8] = n + 1
    return image, labels


def extract(image, labels, settings=None, **options):
    settings = settings or RadiomicsSettings(discretisation=Discretisation(bin_width=5))
    return extract_features(image, labels, voxel_size_mm=SIZE, settings=settings, **options)


def test_presets_have_the_papers_sizes():
    image, labels = make()
    found = extract(image, labels, EDSS_RADIOMICS)
    assert found.matrix.shape == (3, 1092)
    assert len({c.name for c in found.columns}) == 1092
    assert len({c.image_type for c in found.columns}) == 12
    assert 115 * 1092 == 125_580
    assert extract(image, labels, QSM_ROBUSTNESS).matrix.shape == (3, 107)
    assert choose_preset("edss-radiomics") is EDSS_RADIOMICS
    with pytest.raises(UnknownName, match="edss-radiomics"):
        choose_preset("edss-radiomic")


def test_a_region_does_not_depend_on_the_others():
    image, labels = make()
    together = extract(image, labels)
    for row, label in enumerate(together.labels):
        alone = extract(image, np.where(labels == label, 1, 0))
        assert alone.matrix[0] == pytest.approx(together.matrix[row], rel=1e-12)


def test_threads_change_nothing():
    image, labels = make()
    labels[13, 11, 9] = 8
    one, three = (extract(image, labels, EDSS_RADIOMICS, n_threads=n) for n in (1, 3))
    assert np.array_equal(one.matrix, three.matrix, equal_nan=True)
    assert (one.reasons == three.reasons).all()


def test_axis_order_and_memory_order_of_the_arrays_do_not_matter():
    image, labels = make()
    reference = extract(image, labels)
    again = extract(np.asfortranarray(image), np.asfortranarray(labels))
    assert (again.matrix == reference.matrix).all()


def test_labels_that_are_wanted_but_absent_get_a_row_with_the_reason():
    image, labels = make()
    found = extract(image, labels, wanted=[2, 9, 1])
    assert found.labels == (2, 9, 1)
    assert np.isnan(found.matrix[1]).all()
    assert set(found.reasons[1]) == {"the region is not in the label map"}
    assert np.isfinite(found.matrix[[0, 2]]).all()
    assert (found.reasons[[0, 2]] == "").all()


@pytest.mark.parametrize("place", [np.s_[5:6, 5:6, 5:6], np.s_[5:6, 5:6, 2:7]])
def test_a_region_of_a_voxel_or_a_line_is_too_small(place):
    image, labels = make()
    labels[:] = 0
    labels[place] = 4
    found = extract(image, labels)
    assert np.isnan(found.matrix).all()
    assert all(reason.startswith("region too small") for reason in found.reasons.ravel())


def test_a_flat_region_has_finite_values():
    image, labels = make()
    image[labels == 2] = 50.0
    found = extract(image, labels)
    values = dict(zip([c.name for c in found.columns], found.matrix[1], strict=True))
    assert values["original_firstorder_Variance"] == 0
    assert values["original_glcm_JointEntropy"] == 0
    assert values["original_ngtdm_Coarseness"] == 1e6
    assert np.isfinite(found.matrix[1]).all()


def test_not_a_number_inside_one_region_stays_there():
    image, labels = make()
    image[tuple(np.argwhere(labels == 2)[5])] = np.nan
    found = extract(image, labels)
    bad = np.array([c.feature_class != "shape" for c in found.columns])
    assert np.isnan(found.matrix[1, bad]).all()
    assert set(found.reasons[1, bad]) == {"intensities in the region are not finite"}
    assert np.isfinite(found.matrix[[0, 2]]).all()


def test_every_missing_value_has_a_reason_and_no_other():
    image, labels = make()
    labels[13, 11, 9] = 8
    found = extract(image, labels, EDSS_RADIOMICS)
    assert ((found.reasons != "") == np.isnan(found.matrix)).all()


def test_an_image_too_small_for_a_filter_says_so():
    image, labels = make((6, 6, 3), 1)
    labels[1:5, 1:5, 0:3] = 1
    settings = RadiomicsSettings(
        images=(Original(), LaplacianOfGaussian(sigma_mm=(1.0,))),
        features={"firstorder": ("Mean",)},
    )
    found = extract(image, labels, settings)
    assert np.isfinite(found.matrix[0, 0])
    assert found.reasons[0, 1] == "the image is too small for the filter"


def test_an_image_type_can_have_bins_of_its_own():
    image, labels = make()
    wide = Discretisation(bin_width=50)
    settings = RadiomicsSettings(
        images=(Original(), Pointwise(filter="square", discretisation=wide), Gradient()),
        features={"firstorder": ("Entropy",)},
        discretisation=Discretisation(bin_width=5),
    )
    entropy = extract(image, labels, settings).matrix[0]
    assert entropy[1] < entropy[0]


def test_resegmentation_leaves_out_voxels_and_can_leave_none():
    image, labels = make()
    base = {"features": {"firstorder": ("Minimum", "Maximum"), "shape": ("VoxelVolume",)}}
    cut = RadiomicsSettings.parse(base | {"resegment_range": (90.0, 110.0)})
    found = extract(image, labels, cut)
    volume, low, high = found.matrix[0]
    assert 90 <= low < high <= 110
    assert volume == pytest.approx((labels == 1).sum() * np.prod(SIZE))
    nothing = RadiomicsSettings.parse(base | {"resegment_range": (1e6, 2e6)})
    assert "re-segmentation" in extract(image, labels, nothing).reasons[0, 1]


def test_normalising_makes_bins_independent_of_the_scanner():
    image, labels = make()
    settings = RadiomicsSettings(
        normalise=True, normalise_scale=100, discretisation=Discretisation(bin_width=20)
    )
    first = extract(image, labels, settings).matrix
    assert extract(3 * image + 70, labels, settings).matrix == pytest.approx(first, rel=1e-6)
    with pytest.raises(ImageError, match="single value"):
        extract(np.ones_like(image), labels, settings)


def test_kept_images_have_the_shape_of_the_image():
    image, labels = make()
    kept = {}
    settings = RadiomicsSettings(images=(Wavelet(),), features={"firstorder": ("Mean",)})
    extract(image, labels, settings, keep_image=lambda n, a: kept.update({n: a.copy()}))
    assert len(kept) == 8
    assert all(array.shape == image.shape for array in kept.values())


def test_fast_filters_stay_near_the_exact_ones():
    image, labels = make((20, 18, 16))
    exact = RadiomicsSettings(
        images=(LaplacianOfGaussian(sigma_mm=(1.0, 2.0)),), features={"firstorder": ()}
    )
    fast = exact.model_copy(update={"implementation": "fast"})
    assert extract(image, labels, fast).matrix == pytest.approx(
        extract(image, labels, exact).matrix, rel=1e-4
    )


def test_bad_requests_are_named():
    image, labels = make()
    with pytest.raises(GridMismatch, match="shape"):
        extract(image, labels[:-1])
    with pytest.raises(ImageError, match="none of the wanted"):
        extract(image, np.zeros_like(labels))
    with pytest.raises(UnknownName, match="Contrast"):
        RadiomicsSettings.parse({"features": {"glcm": ("Contras",)}})
    with pytest.raises(UnknownName, match="glcm"):
        RadiomicsSettings.parse({"features": {"glcn": ()}})
    with pytest.raises(SettingsError, match="sigma"):
        extract(image, labels, RadiomicsSettings(images=(LaplacianOfGaussian(sigma_mm=(-1.0,)),)))


def test_images_are_named_without_an_image_and_as_the_filters_name_them():
    names = name_images(choose_preset("edss-radiomics"))
    assert len(names) == 12
    assert names[:2] == ("original", "log-sigma-1-0-mm-3D")
    images = (LaplacianOfGaussian(sigma_mm=(40.0,)), Wavelet(level=2), Lbp3D())
    assert name_images(RadiomicsSettings(images=images))[0] == "log-sigma-40-0-mm-3D"
    assert name_images(RadiomicsSettings(images=images))[-3:] == (
        "lbp-3D-m1",
        "lbp-3D-m2",
        "lbp-3D-k",
    )
