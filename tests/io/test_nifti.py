import gzip
import hashlib
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nibabel.orientations import io_orientation

from mslens.core.errors import ImageError, OutputError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.nifti import (
    load_volume,
    make_header,
    read_header,
    require_whole_file,
    save_volume,
)
from nifti_files import SHAPE, image, ramp, rigid_affine, write

GRID = Grid(rigid_affine(), SHAPE)


def fails(path: Path, message: str, *, kind: str = "scalar") -> ImageError:
    with pytest.raises(ImageError, match=message) as caught:
        load_volume(path, kind=kind)
    assert caught.value.where == str(path)
    return caught.value


def labelled(path: Path, data: np.ndarray) -> Path:
    return write(path, image(data))


def write_raw(path: Path, made: nib.Nifti1Image, data: np.ndarray) -> None:
    """Write the header as it is: nibabel would compute its own intensity scaling."""
    made.header["vox_offset"] = 352
    path.write_bytes(made.header.binaryblock + bytes(4) + data.tobytes(order="F"))


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize(
    "dtype", ["uint8", "int8", "uint16", "int16", "int32", "uint32", "float32", "float64"]
)
def test_scalars_of_every_type_are_read_as_nibabel_reads_them(
    tmp_path: Path, suffix: str, dtype: str
) -> None:
    data = (ramp("float64") % 100).astype(dtype)
    path = write(tmp_path / f"a b ü{suffix}", image(data))
    volume = load_volume(path)
    assert volume.data.dtype == np.float32
    assert volume.data.flags.c_contiguous
    assert not volume.data.flags.writeable
    assert np.array_equal(volume.data, nib.load(path).get_fdata())
    assert volume.grid.is_close(GRID)


def test_every_orientation_is_kept(tmp_path: Path) -> None:
    made = image()
    for flips in np.ndindex(2, 2, 2):
        for axes in ((0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2)):
            turned = made.as_reoriented(np.column_stack([axes, 1 - 2 * np.array(flips)]))
            volume = load_volume(write(tmp_path / "a.nii", turned))
            assert np.array_equal(volume.data, turned.get_fdata())
            assert np.allclose(volume.grid.affine, turned.affine, atol=1e-4)
            # The same voxel lies at the same place, whatever the order of the axes.
            back = nib.Nifti1Image(volume.data, volume.grid.affine)
            canonical = nib.as_closest_canonical(back).get_fdata()
            assert np.array_equal(canonical, nib.as_closest_canonical(made).get_fdata())
            assert io_orientation(volume.grid.affine).shape == (3, 2)


def test_intensity_scaling_is_applied(tmp_path: Path) -> None:
    made = image(ramp("int16"))
    made.header.set_slope_inter(0.5, -10)
    path = tmp_path / "a.nii"
    write_raw(path, made, ramp("int16"))
    assert np.allclose(load_volume(path).data, 0.5 * ramp() - 10)


def test_a_slope_of_zero_means_no_scaling(tmp_path: Path) -> None:
    made = image(ramp("int16"))
    made.header["scl_slope"], made.header["scl_inter"] = 0, 7
    path = tmp_path / "a.nii"
    write_raw(path, made, ramp("int16"))
    assert np.array_equal(load_volume(path).data, ramp())


def test_big_endian_voxels_are_read(tmp_path: Path) -> None:
    header = image().header.as_byteswapped()
    path = write(tmp_path / "a.nii", nib.Nifti1Image(ramp(), None, header))
    assert path.read_bytes()[:4] == b"\0\0\x01\x5c"
    assert np.array_equal(load_volume(path).data, ramp())


def test_float64_is_kept_only_where_float32_would_lose_the_contrast(tmp_path: Path) -> None:
    small = load_volume(write(tmp_path / "a.nii", image(ramp("float64") / 3)))
    offset = load_volume(write(tmp_path / "b.nii", image(1e9 + ramp("float64"))))
    huge = load_volume(write(tmp_path / "c.nii", image(1e300 * ramp("float64"))))
    assert small.data.dtype == np.float32
    assert offset.data.dtype == np.float64
    assert huge.data.dtype == np.float64
    assert np.array_equal(offset.data, 1e9 + ramp("float64"))


def test_a_trailing_single_dimension_is_dropped(tmp_path: Path) -> None:
    volume = load_volume(write(tmp_path / "a.nii.gz", image(ramp().reshape(*SHAPE, 1))))
    assert np.array_equal(volume.data, ramp())


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_truncated_file_is_an_error(tmp_path: Path, share: float) -> None:
    for suffix in (".nii", ".nii.gz"):
        path = write(tmp_path / f"a{suffix}", image())
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])
        fails(path, "truncated")


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_a_truncated_file_is_found_from_its_ends(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a{suffix}", image())
    header = read_header(path)
    require_whole_file(path, header)
    for share in (0.5, 0.9, 0.999):
        cut = tmp_path / f"cut{suffix}"
        cut.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
        with pytest.raises(ImageError, match="truncated"):
            require_whole_file(cut, header)


def test_a_whole_file_of_several_members_or_with_a_tail_is_accepted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii", image())
    content, header = path.read_bytes(), read_header(path)
    (tmp_path / "a.nii.gz").write_bytes(gzip.compress(content[:999]) + gzip.compress(content[999:]))
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(content + bytes(16)))
    require_whole_file(tmp_path / "a.nii.gz", header)
    require_whole_file(tmp_path / "b.nii.gz", header)


def test_nan_and_inf_are_counted(tmp_path: Path) -> None:
    data = ramp()
    data[0, 0, :5] = np.nan
    data[1, 0, 0] = np.inf
    path = write(tmp_path / "a.nii.gz", image(data))
    error = fails(path, r"6 voxels \(0\.61%\) are NaN or infinite")
    assert "fslmaths" in str(error)
    assert load_volume(path, non_finite="zero").data.sum() == np.nansum(data[np.isfinite(data)])


def test_a_constant_image_is_an_error_unless_accepted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.nii.gz", image(np.full(SHAPE, 7, dtype="int16")))
    fails(path, "every voxel has the value 7")
    assert (load_volume(path, constant="accept").data == 7).all()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
def test_labels_are_int32(tmp_path: Path, dtype: str) -> None:
    data = (ramp("int32") % 120).astype(dtype)
    volume = load_volume(labelled(tmp_path / "a.nii.gz", data), kind="label")
    assert volume.data.dtype == np.int32
    assert np.array_equal(volume.data, data)


def test_labels_that_are_not_integers_are_counted(tmp_path: Path) -> None:
    data = ramp()
    data[2, 3, 4:6] += 0.5
    fails(labelled(tmp_path / "a.nii", data), r"2 voxels \(0\.20%\) of the label map", kind="label")
    data[2, 3, 4:6] = np.nan
    fails(labelled(tmp_path / "a.nii", data), "not integers", kind="label")


@pytest.mark.parametrize("value", [2.0**31, -(2.0**31) - 2, 1e12])
def test_labels_outside_of_int32_are_an_error(tmp_path: Path, value: float) -> None:
    data = np.zeros(SHAPE)
    data[0, 0, 0] = value
    fails(labelled(tmp_path / "a.nii", data), "32-bit", kind="label")


@pytest.mark.parametrize(
    ("values", "n_inside"),
    [((0, 1), 495), ((0, 255), 495), ((0.0, 0.5), 495), ((0, 0), 0), ((1, 1), 990), ((3, 3), 990)],
)
def test_a_mask_of_two_values_is_bool(
    tmp_path: Path, values: tuple[float, float], n_inside: int
) -> None:
    data = np.array(values, dtype="float32")[ramp("int32") % 2]
    volume = load_volume(labelled(tmp_path / "a.nii", data), kind="mask")
    assert volume.data.dtype == bool
    assert volume.data.sum() == n_inside


def test_a_scaled_mask_is_read(tmp_path: Path) -> None:
    data = (255 * (ramp("int32") % 2)).astype("uint8")
    made = image(data)
    made.header.set_slope_inter(1 / 255, 0)
    path = tmp_path / "a.nii"
    write_raw(path, made, data)
    assert np.array_equal(load_volume(path, kind="mask").data, data > 0)


@pytest.mark.parametrize(
    "values", [(0, 1, 2), (1, 2, 2), (-1, 0, 0), (0, 0.3, 0.7), (0, np.nan, 1)]
)
def test_other_masks_are_an_error(tmp_path: Path, values: tuple[float, ...]) -> None:
    data = np.array(values, dtype="float32")[ramp("int32") % 3]
    error = fails(labelled(tmp_path / "a.nii", data), "the mask has", kind="mask")
    assert "Threshold" in str(error)


def test_a_file_without_permission_is_an_image_error(run_unprivileged, open_folder: Path) -> None:
    path = write(open_folder / "a.nii.gz", image())
    path.chmod(0)
    answer = run_unprivileged(
        "from pathlib import Path\nfrom mslens.io.nifti import load_volume\n"
        "from mslens.core.errors import ImageError",
        f"try:\n    load_volume(Path({str(path)!r}))\n"
        "except ImageError as error:\n    print(error.what)",
    )
    assert answer == "the file may not be read"


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_what_is_saved_is_what_is_loaded(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new folder" / f"a{suffix}"
    for kind, data in (
        ("scalar", ramp() / 7),
        ("phase", np.sin(ramp())),
        ("label", ramp("int32") - 400),
        ("mask", ramp() > 300),
    ):
        saved = Volume(data, GRID, kind)
        save_volume(path, saved)
        loaded = load_volume(path, kind=kind)
        assert loaded.data.dtype == saved.data.dtype
        assert np.array_equal(loaded.data, saved.data)
        assert loaded.grid.is_close(GRID, tolerance_voxels=1e-5)


@given(
    data=hnp.arrays(
        np.float32,
        st.tuples(*[st.integers(8, 10)] * 3),
        elements=st.floats(-1e6, 1e6, width=32),
    )
)
def test_any_finite_image_survives(tmp_path_factory, data: np.ndarray) -> None:
    path = tmp_path_factory.mktemp("nifti") / "a.nii.gz"
    save_volume(path, Volume(data, Grid(rigid_affine(), data.shape)))
    loaded = load_volume(path, constant="accept").data
    assert np.array_equal(loaded.astype(np.float32), data)


def test_nibabel_reads_what_we_write(tmp_path: Path) -> None:
    save_volume(tmp_path / "a.nii.gz", Volume(ramp(), GRID))
    other = nib.load(tmp_path / "a.nii.gz")
    assert np.array_equal(other.get_fdata(), ramp())
    assert np.allclose(other.get_qform(), GRID.affine, atol=1e-5)
    assert np.allclose(other.get_sform(), GRID.affine, atol=1e-5)
    assert other.header.get_xyzt_units() == ("mm", "unknown")
    assert other.header["qform_code"] == other.header["sform_code"] == 1


@pytest.mark.parametrize(("space", "code"), [("scanner", 1), ("aligned", 2), ("template", 4)])
def test_the_space_is_written_to_both_forms(tmp_path: Path, space: str, code: int) -> None:
    save_volume(tmp_path / "a.nii", Volume(ramp(), GRID), space=space)
    header = nib.load(tmp_path / "a.nii").header
    assert (header["qform_code"], header["sform_code"]) == (code, code)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ((0, 255), "uint8"),
        ((0, 256), "int16"),
        ((-1, 5), "int16"),
        ((0, 32768), "int32"),
        ((-32769, 0), "int32"),
    ],
)
def test_labels_take_the_smallest_safe_type(
    tmp_path: Path, values: tuple[int, int], dtype: str
) -> None:
    data = np.zeros(SHAPE, dtype=np.int32)
    data.flat[:2] = values
    save_volume(tmp_path / "a.nii", Volume(data, GRID, "label"))
    assert nib.load(tmp_path / "a.nii").get_data_dtype() == np.dtype(dtype)
    assert np.array_equal(load_volume(tmp_path / "a.nii", kind="label").data, data)


def test_masks_are_uint8_and_scalars_float32(tmp_path: Path) -> None:
    save_volume(tmp_path / "m.nii", Volume(ramp() > 3, GRID, "mask"))
    save_volume(tmp_path / "s.nii", Volume(ramp("float64"), GRID))
    assert nib.load(tmp_path / "m.nii").get_data_dtype() == np.uint8
    assert nib.load(tmp_path / "s.nii").get_data_dtype() == np.float32


def test_the_same_volume_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.nii.gz", "b.nii.gz"):
        save_volume(tmp_path / name, Volume(ramp(), GRID))
    fortran = Volume(np.asfortranarray(ramp()), GRID)
    save_volume(tmp_path / "c.nii.gz", fortran)
    hashes = {hashlib.sha256(p.read_bytes()).hexdigest() for p in tmp_path.iterdir()}
    assert len(hashes) == 1


def test_no_text_is_written_unless_asked_for(tmp_path: Path) -> None:
    save_volume(tmp_path / "a.nii", Volume(ramp(), GRID))
    header = nib.load(tmp_path / "a.nii").header
    for name in ("descrip", "aux_file", "db_name", "intent_name"):
        assert bytes(header[name]).strip(b"\0") == b""
    save_volume(tmp_path / "a.nii", Volume(ramp(), GRID), description="ü" * 60)
    assert len(bytes(nib.load(tmp_path / "a.nii").header["descrip"])) <= 80


def test_a_sheared_grid_is_said_by_the_sform_alone(tmp_path: Path) -> None:
    affine = rigid_affine()
    affine[0, 1] += 0.2
    save_volume(tmp_path / "a.nii", Volume(ramp(), Grid(affine, SHAPE)))
    assert nib.load(tmp_path / "a.nii").header["qform_code"] == 0
    assert load_volume(tmp_path / "a.nii").grid.is_close(Grid(affine, SHAPE))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_what_is_not_finite_is_not_saved(tmp_path: Path, value: float) -> None:
    data = ramp("float64")
    data[3, 3, 3] = value
    with pytest.raises(ImageError, match="1 voxels"):
        save_volume(tmp_path / "a.nii", Volume(data, GRID))
    assert not (tmp_path / "a.nii").exists()


def test_saving_into_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(OutputError):
        save_volume(tmp_path / "x" / "a.nii", Volume(ramp(), GRID))


def test_a_mirrored_grid_keeps_its_handedness() -> None:
    affine = np.diag([-1.0, 1, 1, 1]) @ rigid_affine()
    header = make_header(Grid(affine, SHAPE), np.float32)
    assert np.allclose(header.get_qform(), affine, atol=1e-5)


@pytest.mark.data
def test_the_real_images_are_read_as_nibabel_reads_them(data_dir: Path) -> None:
    root = data_dir / "open_ms_bids" / "raw"
    for path in sorted(root.glob("sub-L03/ses-2/anat/*.nii.gz")):
        assert np.array_equal(load_volume(path).data, nib.load(path).get_fdata())
    mask = root / "derivatives/consensus/sub-L03/anat/sub-L03_space-common_desc-brain_mask.nii.gz"
    assert np.array_equal(load_volume(mask, kind="mask").data, nib.load(mask).get_fdata() > 0)
