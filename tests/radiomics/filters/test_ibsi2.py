"""Response maps of the IBSI 2 digital phantoms, filters 1 to 3: inside 1% of the range."""

import nibabel as nib
import numpy as np
import pytest

from mslens.core.errors import SettingsError, UnknownName
from mslens.radiomics.filters.laws import laws_filter
from mslens.radiomics.filters.mean import mean_filter
from mslens.radiomics.filters.truncated_gaussian import (
    gaussian_truncated,
    laplacian_truncated,
)

pytestmark = pytest.mark.data
SPACING = (2.0, 2.0, 2.0)


def mean(boundary, phantom="checkerboard", **options):
    return phantom, lambda image: mean_filter(
        image, support_voxels=15, boundary=boundary, **options
    )


def log(sigma, boundary, phantom="checkerboard", **options):
    return phantom, lambda image: laplacian_truncated(
        image, sigma_mm=sigma, spacing_mm=SPACING, boundary=boundary, **options
    )


def laws(phantom, kernels, boundary, step):
    return phantom, lambda image: laws_filter(
        image,
        kernels=kernels,
        boundary=boundary,
        rotation_invariant=step > 1,
        energy_distance_voxels=7 if step > 2 else 0,
    )


MAPS = {
    "1_a_1": mean("zero"),
    "1_a_2": mean("nearest"),
    "1_a_3": mean("periodic"),
    "1_a_4": mean("mirror"),
    "1_b_1": mean("zero", "impulse", in_plane=True),
    "2_a": log(3.0, "zero", "impulse"),
    "2_b": log(5.0, "mirror"),
    "2_c": log(5.0, "mirror", in_plane=True),
    **{f"3_a_{n}": laws("impulse", ("E5", "L5", "S5"), "zero", n) for n in (1, 2, 3)},
    **{f"3_b_{n}": laws("checkerboard", ("E3", "W5", "R5"), "mirror", n) for n in (1, 2, 3)},
    **{f"3_c_{n}": laws("checkerboard", ("L5", "S5"), "mirror", n) for n in (1, 2, 3)},
}


@pytest.mark.parametrize("name", MAPS)
def test_response_map_is_inside_one_percent(name, data_dir):
    phantom, respond = MAPS[name]
    root = data_dir / "ibsi"
    image = nib.load(root / f"ibsi_2_digital_phantom/nifti/{phantom}/image/{phantom}.nii.gz")
    maps = root / "ibsi_2_reference/reference_response_maps"
    expected = np.asarray(nib.load(maps / f"{name}-ValidCRM.nii").dataobj).T.astype(float)
    found = respond(np.asarray(image.dataobj).T.astype(float))
    assert np.abs(found - expected).max() <= 0.01 * np.ptp(expected)


def test_smoothing_keeps_the_mean_of_a_constant():
    assert gaussian_truncated(
        np.full((9, 9, 9), 5.0), sigma_mm=2.0, spacing_mm=(1, 1, 1)
    ) == pytest.approx(5.0)


def test_settings_that_make_no_filter_are_refused():
    image = np.zeros((5, 5, 5))
    with pytest.raises(SettingsError, match="support"):
        mean_filter(image, support_voxels=4)
    with pytest.raises(SettingsError, match="sigma"):
        laplacian_truncated(image, sigma_mm=0, spacing_mm=SPACING)
    with pytest.raises(UnknownName, match="E5"):
        laws_filter(image, kernels=("E6", "L5", "S5"))
    with pytest.raises(SettingsError, match="two or three"):
        laws_filter(image, kernels=("E5",))
