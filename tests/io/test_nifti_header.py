import gzip
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.io.nifti_header import parse_vector_header, read_header
from nifti_files import SHAPE, image, ramp, rigid_affine, write


def fails(path: Path, message: str) -> ImageError:
    with pytest.raises(ImageError, match=message) as caught:
        read_header(path)
    assert caught.value.where == str(path)
    assert str(path.parent) not in caught.value.what
    return caught.value


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("kind", [nib.Nifti1Image, nib.Nifti2Image])
def test_the_header_of_a_good_image(tmp_path: Path, suffix: str, kind: type) -> None:
    affine = rigid_affine()
    made = kind(ramp("int16"), affine)
    made.set_qform(affine, 2)
    made.set_sform(affine, 1)
    header = read_header(write(tmp_path / f"a{suffix}", made))
    assert header.grid.shape == SHAPE
    assert np.allclose(header.grid.affine, affine, atol=1e-5)
    assert header.dtype == np.dtype("int16")
    assert header.space == "scanner"
    assert header.data_bytes == 2 * np.prod(SHAPE)


def test_big_endian_headers_are_read(tmp_path: Path) -> None:
    made = image()
    swapped = nib.Nifti1Image(ramp(), None, made.header.as_byteswapped())
    header = read_header(write(tmp_path / "a.nii", swapped))
    assert header.dtype.newbyteorder("=") == np.dtype("float32")
    assert np.allclose(header.grid.affine, made.affine, atol=1e-5)


def test_only_the_start_of_the_file_is_needed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", image())
    path.write_bytes(path.read_bytes()[:600])
    assert read_header(path).grid.shape == SHAPE


def test_the_qform_counts_where_there_is_no_sform(tmp_path: Path) -> None:
    made = image()
    made.set_sform(np.eye(4), 0)
    header = read_header(write(tmp_path / "a.nii", made))
    assert np.allclose(header.grid.affine, rigid_affine(), atol=1e-5)


def test_the_sform_counts_alone_and_may_shear(tmp_path: Path) -> None:
    affine = rigid_affine()
    affine[0, 1] += 0.1
    made = nib.Nifti1Image(ramp(), affine)
    made.set_sform(affine, 4)
    made.set_qform(None, 0)
    header = read_header(write(tmp_path / "a.nii", made))
    assert np.allclose(header.grid.affine, affine, atol=1e-5)
    assert header.space == "MNI"


def test_trailing_single_dimensions_are_dropped(tmp_path: Path) -> None:
    made = image(ramp().reshape(*SHAPE, 1, 1))
    assert read_header(write(tmp_path / "a.nii", made)).grid.shape == SHAPE


def test_text_and_short_files_are_no_images(tmp_path: Path) -> None:
    path = tmp_path / "a.nii.gz"
    path.write_text("this is not an image\n" * 100)
    fails(path, "not a NIfTI image: it is a text file")
    path.write_bytes(gzip.compress(b"text in gzip\n" * 100))
    fails(path, "it is a text file")
    path.write_bytes(bytes(range(256)) * 4)
    fails(path, "it has no NIfTI header")
    path.write_bytes(b"\x5c\x01\x00\x00")
    fails(path, "it has no NIfTI header")


def test_pairs_and_analyze_are_no_single_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", image())
    content = bytearray(path.read_bytes())
    content[344:348] = b"ni1\0"
    path.write_bytes(content)
    fails(path, r"one half of a \.hdr / \.img pair")
    content[344:348] = bytes(4)
    path.write_bytes(content)
    fails(path, "ANALYZE")


def test_a_truncated_gzip_header_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii.gz", image())
    path.write_bytes(path.read_bytes()[:60])
    fails(path, "truncated or damaged")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((9, 10, 11, 3), "4 dimensions"),
        ((9, 10, 11, 1, 3), "5 dimensions"),
        ((64, 64), r"1 slice\(s\)"),
        ((64, 64, 1), r"1 slice\(s\)"),
        ((64, 7, 64), r"7 slice\(s\)"),
    ],
)
def test_other_than_3d_is_an_error(tmp_path: Path, shape: tuple[int, ...], message: str) -> None:
    error = fails(write(tmp_path / "a.nii", image(ramp(shape=shape))), message)
    assert error.cure


def test_impossible_dimensions_are_an_error(tmp_path: Path) -> None:
    for field, value in ((0, 0), (0, 9), (1, -3)):
        made = image()
        made.header["dim"][field] = value
        path = tmp_path / "a.nii"
        path.write_bytes(made.header.binaryblock + bytes(5000))
        fails(path, "impossible dimensions")


def test_no_orientation_is_an_error(tmp_path: Path) -> None:
    made = image()
    made.set_qform(None, 0)
    made.set_sform(None, 0)
    fails(write(tmp_path / "a.nii", made), "left and right are unknown")


def test_a_qform_that_is_no_rotation_is_an_error(tmp_path: Path) -> None:
    made = image()
    made.header["sform_code"] = 0
    made.header["quatern_b"] = 2.0
    path = tmp_path / "a.nii"
    path.write_bytes(made.header.binaryblock + bytes(5000))
    fails(path, "not a rotation")


def test_forms_in_conflict_say_by_how_much(tmp_path: Path) -> None:
    made = image()
    moved = rigid_affine()
    moved[0, 3] += 3.0
    made.set_sform(moved, 4)
    error = fails(write(tmp_path / "a.nii", made), r"corner of the image 3\.00 mm apart")
    assert "fslorient" in str(error)


def test_a_small_rounding_between_the_forms_is_accepted(tmp_path: Path) -> None:
    made = image()
    moved = rigid_affine()
    moved[0, 3] += 0.01
    made.set_sform(moved, 1)
    header = read_header(write(tmp_path / "a.nii", made))
    assert header.grid.affine[0, 3] == pytest.approx(moved[0, 3], abs=1e-5)


def test_a_mirrored_form_is_a_conflict(tmp_path: Path) -> None:
    made = image()
    made.set_sform(np.diag([-1.0, 1, 1, 1]) @ rigid_affine(), 1)
    fails(write(tmp_path / "a.nii", made), "mm apart")


def test_a_singular_affine_is_an_error(tmp_path: Path) -> None:
    made = image()
    singular = rigid_affine()
    singular[:3, 2] = singular[:3, 1]
    made.header["qform_code"] = 0
    made.header.set_sform(singular, 1)
    path = tmp_path / "a.nii"
    path.write_bytes(made.header.binaryblock + bytes(5000))
    fails(path, "singular")


def test_an_affine_of_nan_is_an_error(tmp_path: Path) -> None:
    made = image()
    made.header["qform_code"] = 0
    made.header["srow_x"][0] = np.nan
    path = tmp_path / "a.nii"
    path.write_bytes(made.header.binaryblock + bytes(5000))
    fails(path, "not a finite 4x4 matrix")


@pytest.mark.parametrize("size", [0.0, 0.01, 0.1, 12.0, 1000.0])
def test_impossible_voxel_sizes_are_an_error(tmp_path: Path, size: float) -> None:
    made = image()
    affine = np.diag([size, size, size, 1.0])
    made.header["qform_code"] = 0
    made.header.set_sform(affine, 1)
    made.header["pixdim"][1:4] = size
    path = tmp_path / "a.nii"
    path.write_bytes(made.header.binaryblock + bytes(5000))
    error = fails(path, "voxels")
    assert error.cure


def test_a_pixdim_of_zero_beside_a_good_affine_is_an_error(tmp_path: Path) -> None:
    made = image()
    made.header["qform_code"] = 0
    made.header["pixdim"][1:4] = 0
    path = tmp_path / "a.nii"
    path.write_bytes(made.header.binaryblock + bytes(5000))
    fails(path, "0x0x0 mm")


def test_pixdim_and_affine_in_conflict_are_an_error(tmp_path: Path) -> None:
    made = image()
    made.header["qform_code"] = 0
    made.header["pixdim"][1:4] = 3
    path = tmp_path / "a.nii"
    path.write_bytes(made.header.binaryblock + bytes(5000))
    fails(path, "affine says voxels of 2x2x2 mm, pixdim says 3x3x3 mm")


@pytest.mark.parametrize(("unit", "per_mm"), [("meter", 0.001), ("micron", 1000.0)])
def test_other_length_units_are_converted(tmp_path: Path, unit: str, per_mm: float) -> None:
    affine = rigid_affine()
    affine[:3] *= per_mm
    made = image(affine=affine)
    made.header.set_xyzt_units(unit)
    header = read_header(write(tmp_path / "a.nii", made))
    assert np.allclose(header.grid.affine, rigid_affine(), atol=1e-4)
    assert header.spatial_unit == {"meter": "metre", "micron": "micron"}[unit]


@pytest.mark.parametrize("unit", ["meter", "micron"])
def test_millimetres_under_another_name_are_an_error(tmp_path: Path, unit: str) -> None:
    made = image()
    made.header.set_xyzt_units(unit)
    error = fails(write(tmp_path / "a.nii", made), r"voxels are .* mm \(unit in the header")
    assert "xyzt_units" in str(error)


def test_metres_that_are_called_millimetres_are_an_error(tmp_path: Path) -> None:
    affine = rigid_affine()
    affine[:3] *= 0.001
    fails(write(tmp_path / "a.nii", image(affine=affine)), "voxels are 0.002")


def test_an_unknown_unit_code_is_an_error(tmp_path: Path) -> None:
    made = image()
    made.header["xyzt_units"] = 5
    fails(write(tmp_path / "a.nii", made), "unknown unit code 5")


@pytest.mark.parametrize("code", [2048, 32, 1792])
def test_complex_voxels_are_an_error(tmp_path: Path, code: int) -> None:
    made = image()
    made.header["datatype"] = code
    path = tmp_path / "a.nii"
    path.write_bytes(made.header.binaryblock + bytes(50_000))
    fails(path, "voxels are of type complex" if code != 2048 else "voxels are of type|unknown")


def test_rgb_and_unknown_types_are_an_error(tmp_path: Path) -> None:
    for code, message in ((128, "voxels are of type"), (1, "voxels are of type"), (777, "unknown")):
        made = image()
        made.header["datatype"] = code
        path = tmp_path / "a.nii"
        path.write_bytes(made.header.binaryblock + bytes(50_000))
        fails(path, message)


def test_a_scalar_image_is_no_displacement_field(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", image())
    with pytest.raises(ImageError, match="dimensions 9x10x11"):
        parse_vector_header(path.read_bytes(), where=path)


@pytest.mark.data
def test_the_forms_of_the_real_images_agree(data_dir: Path) -> None:
    paths = sorted(data_dir.glob("open_ms_bids/*/sub-*/**/anat/*.nii.gz"))
    assert len(paths) == 19
    for path in paths:
        header = read_header(path)
        reference = nib.load(path)
        assert np.array_equal(header.grid.affine, reference.affine)
        assert header.grid.shape == reference.shape
