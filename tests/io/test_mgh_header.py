from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.io.nifti import load_volume, read_header, require_whole_file
from nifti_files import SHAPE, ramp, rigid_affine


def write(path: Path, data: np.ndarray) -> Path:
    nib.save(nib.MGHImage(data, rigid_affine().astype(np.float32)), path)
    return path


@pytest.mark.parametrize("suffix", [".mgh", ".mgz"])
@pytest.mark.parametrize("dtype", ["uint8", "int32", "float32", "int16", "uint16"])
def test_images_of_freesurfer_are_read_as_nibabel_reads_them(
    tmp_path: Path, suffix: str, dtype: str
) -> None:
    path = write(tmp_path / f"a{suffix}", (ramp() % 100).astype(dtype))
    volume, theirs = load_volume(path), nib.load(path)
    assert np.array_equal(volume.data, theirs.get_fdata())
    assert np.allclose(volume.grid.affine, theirs.affine, atol=1e-5)
    assert np.allclose(volume.grid.affine, rigid_affine(), atol=1e-4)
    require_whole_file(path, read_header(path))


def test_a_label_map_of_freesurfer_is_int32(tmp_path: Path) -> None:
    data = ramp("int32") * 3
    volume = load_volume(write(tmp_path / "aseg.mgz", data), kind="label")
    assert volume.data.dtype == np.int32
    assert np.array_equal(volume.data, data)


def test_a_file_without_orientation_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mgh", ramp())
    content = bytearray(path.read_bytes())
    content[28:30] = b"\0\0"
    path.write_bytes(content)
    with pytest.raises(ImageError, match="left and right"):
        read_header(path)


def test_other_contents_are_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mgh", ramp())
    content = bytearray(path.read_bytes())
    for at, value, message in ((20, 77, "data type 77"), (16, 3, "4 dimensions")):
        wrong = content.copy()
        wrong[at : at + 4] = value.to_bytes(4, "big")
        path.write_bytes(wrong)
        with pytest.raises(ImageError, match=message):
            read_header(path)
    path.write_bytes(content[: 284 + 100])
    assert read_header(path).grid.shape == SHAPE
    with pytest.raises(ImageError, match="truncated"):
        load_volume(path)
    path.write_bytes(content[:100])
    with pytest.raises(ImageError, match="no NIfTI header"):
        read_header(path)
