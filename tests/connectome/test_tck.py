import nibabel as nib
import numpy as np
import pytest

from connectome.tracts import random_curves, streamline, write_tck
from mslens.connectome.tck import parse_tck
from mslens.core.errors import InputError

CURVES = random_curves(1, 30)


def read(path):
    return parse_tck(np.memmap(path, dtype=np.uint8, mode="r"))


@pytest.mark.parametrize("dtype", ["Float32LE", "Float32BE", "Float64LE"])
def test_reads_every_data_type(tmp_path, dtype):
    write_tck(tmp_path / "a.tck", CURVES, dtype=dtype)
    found = read(tmp_path / "a.tck")
    assert found.n_streamlines == 30
    for number, curve in enumerate(CURVES):
        np.testing.assert_array_equal(streamline(found, number), curve)


def test_reads_what_nibabel_writes(tmp_path):
    nib.streamlines.save(
        nib.streamlines.Tractogram(CURVES, affine_to_rasmm=np.eye(4)), str(tmp_path / "n.tck")
    )
    found = read(tmp_path / "n.tck")
    for number, curve in enumerate(CURVES):
        np.testing.assert_allclose(streamline(found, number), curve, atol=1e-5)


@pytest.mark.data
def test_reads_the_real_one_as_nibabel_does(data_dir):
    path = data_dir / "hcp_tract" / "ICBM152_adult.tck"
    found, oracle = read(path), nib.streamlines.load(path).streamlines
    assert found.n_streamlines == len(oracle) == 10_403
    for number in range(0, 10_403, 97):
        np.testing.assert_array_equal(streamline(found, number), oracle[number])


def test_empty_streamlines_are_left_out(tmp_path):
    write_tck(tmp_path / "e.tck", [CURVES[0], np.empty((0, 3)), CURVES[1]])
    assert read(tmp_path / "e.tck").n_streamlines == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"end": False}, "does not end"), ({"count": 99}, "30 streamlines, its header says 99")],
)
def test_refuses_a_truncated_file(tmp_path, arguments, message):
    write_tck(tmp_path / "t.tck", CURVES, **arguments)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "t.tck")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a tractogram at all", "not an MRtrix"),
        (b"mrtrix tracks\ndatatype: Int8\nfile: . 60\nEND\n" + b"\0" * 60, "data type is 'Int8'"),
        (b"mrtrix tracks\ndatatype: Float32LE\nfile: x.dat 0\nEND\n" + b"\0" * 60, "another file"),
    ],
)
def test_refuses_other_files(content, message):
    with pytest.raises(InputError, match=message):
        parse_tck(np.frombuffer(content, dtype=np.uint8))


def test_refuses_a_file_without_streamlines(tmp_path):
    write_tck(tmp_path / "0.tck", [])
    with pytest.raises(InputError, match="no streamline"):
        read(tmp_path / "0.tck")
