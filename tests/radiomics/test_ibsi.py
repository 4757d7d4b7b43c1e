"""IBSI 1: every reference value of the digital phantom and of configurations A to C."""

import csv

import nibabel as nib
import numpy as np
import pytest

from mslens.core.errors import GridMismatch, ImageError
from mslens.radiomics.discretise import Discretisation
from mslens.radiomics.ibsi import CONFIGURATIONS, IbsiSettings, code_of, describe_ibsi, ibsi_codes
from mslens.radiomics.ibsi_diagnostics import describe_stages

FILES = {
    "digital-phantom": ("ibsi_1_digital_phantom", "dig_phantom"),
    "A": ("ibsi_1_ct_radiomics_phantom", "chest_config_a"),
    "B": ("ibsi_1_ct_radiomics_phantom", "chest_config_b"),
    "C": ("ibsi_1_ct_radiomics_phantom", "chest_config_c"),
}


def load(data_dir, name):
    folder = data_dir / "ibsi" / FILES[name][0] / "nifti"
    image = nib.load(folder / "image/phantom.nii.gz")
    mask = nib.load(folder / "mask/mask.nii.gz")
    size = tuple(float(s) for s in image.header.get_zooms()[:3])
    return np.asarray(image.dataobj).astype(float), np.asarray(mask.dataobj), size


def read_reference(data_dir, name):
    root = data_dir / "ibsi/test/data/ibsi_1_reference_values"
    with (root / f"ibsi_1_{FILES[name][1]}.csv").open(encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream, delimiter=";"))[1:]
    return {tag: (float(value), float(tolerance)) for value, tolerance, tag in rows if value}


@pytest.mark.data
@pytest.mark.parametrize("name", FILES)
def test_every_reference_value_is_inside_its_tolerance(name, data_dir):
    image, mask, size = load(data_dir, name)
    settings = CONFIGURATIONS[name]
    found = describe_ibsi(image, mask, voxel_size_mm=size, settings=settings)
    found |= describe_stages(image, mask, voxel_size_mm=size, settings=settings)
    reference = read_reference(data_dir, name)
    assert not set(reference) - set(found)
    outside = {
        tag: (found[tag], value, tolerance)
        for tag, (value, tolerance) in reference.items()
        # References have three digits, and so has what is compared with them.
        if abs(float(f"{found[tag]:.3g}") - value) > tolerance + 1e-9 * abs(value)
        and abs(found[tag] - value) > tolerance
    }
    assert not outside


@pytest.mark.data
@pytest.mark.parametrize(("name", "mean"), [("D", -23.5), ("E", -22.6)])
def test_configurations_d_and_e_run_to_the_published_mean(name, mean, data_dir):
    image, mask, size = load(data_dir, "C")
    found = describe_ibsi(image, mask, voxel_size_mm=size, settings=CONFIGURATIONS[name])
    assert found["stat_mean"] == pytest.approx(mean, abs=0.05)
    assert np.isfinite(list(found.values())).all()


def test_every_feature_has_a_code_of_its_own():
    codes = ibsi_codes()
    assert all(len(code) == 4 for code in codes.values())
    assert code_of("cm_contrast_3D_avg") == "ACUI"
    assert code_of("ngt_contrast_2_5D") == "65HE"
    assert code_of("morph_volume") == "RNU0"
    shared = {"BC2M", "GBPN"}
    unique = [code for code in codes.values() if code not in shared]
    assert len(unique) == len(set(unique))


def test_a_cube_can_be_turned_in_three_dimensions():
    rng = np.random.default_rng(0)
    image = rng.integers(1, 6, (7, 7, 7)).astype(float)
    mask = np.pad(np.ones((5, 5, 5), dtype=bool), 1)
    settings = IbsiSettings(aggregations=("3D",))
    first = describe_ibsi(image, mask, voxel_size_mm=(1, 1, 1), settings=settings)
    turned = describe_ibsi(
        image.transpose(2, 0, 1), mask, voxel_size_mm=(1, 1, 1), settings=settings
    )
    for tag, value in first.items():
        assert turned[tag] == pytest.approx(value, rel=1e-6, abs=1e-9), tag


def test_bad_input_is_named():
    image, mask = np.ones((4, 4, 4)), np.zeros((4, 4, 4), dtype=bool)
    with pytest.raises(ImageError, match="mask is empty"):
        describe_ibsi(image, mask, voxel_size_mm=(1, 1, 1), settings=IbsiSettings())
    with pytest.raises(GridMismatch, match="shape"):
        describe_ibsi(image, mask[:3], voxel_size_mm=(1, 1, 1), settings=IbsiSettings())
    mask[1:3, 1:3, 1:3] = True
    cut = IbsiSettings(intensity_range=(5, 9), discretisation=Discretisation())
    with pytest.raises(ImageError, match="re-segmentation"):
        describe_ibsi(image, mask, voxel_size_mm=(1, 1, 1), settings=cut)
    with pytest.raises(ImageError, match="grey levels"):
        describe_ibsi(image - 5, mask, voxel_size_mm=(1, 1, 1), settings=IbsiSettings())
