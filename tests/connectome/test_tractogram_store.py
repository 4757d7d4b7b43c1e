import gzip

import numpy as np
import pytest

from connectome.tracts import random_curves, streamline, write_tck
from mslens.connectome.tractogram_store import read_tractogram, read_tractograms
from mslens.core.errors import InputError

CURVES = random_curves(8, 6)


@pytest.fixture
def tck(tmp_path):
    path = tmp_path / "reference.tck"
    write_tck(path, CURVES)
    return path


def test_one_file_is_one_subject(tck):
    found, subjects = read_tractograms([tck])
    assert subjects == ("reference-1",)
    assert found.subject_of.tolist() == [0] * 6
    np.testing.assert_array_equal(streamline(found, 2), CURVES[2])


def test_several_files_are_subjects_named_after_them(tmp_path, tck):
    write_tck(tmp_path / "sub-7.tck", CURVES[:2])
    found, subjects = read_tractograms([tck, tmp_path / "sub-7.tck"])
    assert subjects == ("reference", "sub-7")
    assert found.subject_of.tolist() == [0] * 6 + [1] * 2


def test_ids_in_a_text_file(tmp_path, tck):
    ids = tmp_path / "ids.txt"
    ids.write_text("hcp2\nhcp1\nhcp2\nhcp3\nhcp1\nhcp1\n")
    found, subjects = read_tractograms([tck], subject_ids=ids)
    assert subjects == ("hcp1", "hcp2", "hcp3")
    assert found.subject_of.tolist() == [1, 0, 1, 2, 0, 0]


@pytest.mark.data
def test_the_three_kinds_of_real_files(data_dir):
    folder = data_dir / "hcp_tract"
    tck = read_tractogram(folder / "ICBM152_adult.tck")
    packed = read_tractogram(folder / "ICBM152_adult" / "ICBM152_adult.tt.gz")
    assert tck.n_streamlines == packed.n_streamlines
    trk = data_dir / "dipy" / "dipy" / "data" / "files" / "tracks300.trk"
    assert read_tractogram(trk).n_streamlines == 300


def test_refuses_ids_that_do_not_fit(tmp_path, tck):
    ids = tmp_path / "ids.txt"
    ids.write_text("a\nb\n")
    with pytest.raises(InputError, match=r"ids\.txt: 2 ids for 6 streamlines"):
        read_tractograms([tck], subject_ids=ids)
    with pytest.raises(InputError, match="for 2 tractograms"):
        read_tractograms([tck, tck], subject_ids=ids)


def test_refuses_files_by_name(tmp_path, tck):
    (tmp_path / "a.vtk").write_text("x")
    (tmp_path / "b.tck").write_text("x")
    (tmp_path / "c.tt.gz").write_bytes(gzip.compress(b"nothing"))
    for name, message in (
        ("a.vtk", "'.vtk' cannot be read"),
        ("b.tck", "b.tck: not an MRtrix"),
        ("c.tt.gz", "c.tt.gz: not a TinyTrack"),
        ("d.trk", "d.trk"),
    ):
        with pytest.raises(InputError, match=message):
            read_tractogram(tmp_path / name)
    with pytest.raises(InputError, match="no tractogram"):
        read_tractograms([])


def test_the_message_for_reports_holds_no_path(tmp_path):
    (tmp_path / "b.tck").write_text("x")
    with pytest.raises(InputError) as caught:
        read_tractogram(tmp_path / "b.tck")
    assert str(tmp_path) not in caught.value.what
