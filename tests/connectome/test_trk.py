import nibabel as nib
import numpy as np
import pytest

from connectome.tracts import random_curves, streamline
from mslens.connectome.trk import parse_trk
from mslens.core.errors import InputError

CURVES = random_curves(2, 30)
OBLIQUE = nib.affines.from_matvec(
    nib.eulerangles.euler2mat(0.1, -0.2, 0.3) @ np.diag([-2.0, 1.5, 3.0]), [20, -30, 10]
)


def write_trk(path, curves, affine, order, **data):
    header = nib.streamlines.TrkFile.create_empty_header()
    header["voxel_to_rasmm"] = affine
    header["voxel_sizes"] = nib.affines.voxel_sizes(affine)
    header["dimensions"] = [40, 50, 60]
    header["voxel_order"] = order
    tractogram = nib.streamlines.Tractogram(curves, affine_to_rasmm=np.eye(4), **data)
    nib.streamlines.save(tractogram, str(path), header=header)


def read(path, **more):
    return parse_trk(np.fromfile(path, dtype=np.uint8), **more)


@pytest.mark.parametrize(
    ("affine", "order"),
    [
        (np.diag([2.0, 2, 2, 1]), "RAS"),
        (np.diag([-2.0, -2, 2, 1]), "LPS"),
        (np.diag([2.0, 2, 2, 1]), "LPS"),
        (np.diag([-2.0, 1, 3, 1]), "RPI"),
        (OBLIQUE, "LAS"),
    ],
)
def test_points_are_where_nibabel_says(tmp_path, affine, order):
    write_trk(tmp_path / "a.trk", CURVES, affine, order)
    found = read(tmp_path / "a.trk")
    oracle = nib.streamlines.load(tmp_path / "a.trk").streamlines
    for number, curve in enumerate(CURVES):
        np.testing.assert_allclose(streamline(found, number), oracle[number], atol=1e-3)
        np.testing.assert_allclose(streamline(found, number), curve, atol=1e-3)


@pytest.mark.data
@pytest.mark.parametrize("name", ["EuDX_small_25.trk", "tracks300.trk"])
def test_real_files(data_dir, name):
    path = data_dir / "dipy" / "dipy" / "data" / "files" / name
    found, oracle = read(path), nib.streamlines.load(path).streamlines
    assert found.n_streamlines == len(oracle)
    for number in range(0, len(oracle), 7):
        np.testing.assert_allclose(streamline(found, number), oracle[number], atol=1e-4)


def test_scalars_are_stepped_over_and_a_property_tells_the_subject(tmp_path):
    subject = np.array([7.0, 3.0] * 15)[:, None]
    write_trk(
        tmp_path / "p.trk",
        CURVES,
        np.eye(4),
        "RAS",
        data_per_point={"fa": [np.ones((len(c), 1), dtype=np.float32) for c in CURVES]},
        data_per_streamline={"weight": np.ones((30, 1)), "subject": subject},
    )
    found = read(tmp_path / "p.trk", subject_property="subject")
    np.testing.assert_array_equal(found.subject_of, [1, 0] * 15)
    np.testing.assert_allclose(streamline(found, 11), CURVES[11], atol=1e-4)
    with pytest.raises(InputError, match="no property 'id'"):
        read(tmp_path / "p.trk", subject_property="id")


def test_refuses_truncated_and_foreign_files(tmp_path):
    write_trk(tmp_path / "t.trk", CURVES, np.eye(4), "RAS")
    content = np.fromfile(tmp_path / "t.trk", dtype=np.uint8)
    with pytest.raises(InputError, match=r"29 complete streamlines, its header says 30"):
        parse_trk(content[:-8])
    with pytest.raises(InputError, match="not a TrackVis file"):
        parse_trk(np.zeros(2000, dtype=np.uint8))
    with pytest.raises(InputError, match="header is damaged"):
        parse_trk(np.r_[content[:996], np.zeros(4, dtype=np.uint8)])


def test_refuses_to_guess_a_permuted_order(tmp_path):
    write_trk(tmp_path / "o.trk", CURVES, np.eye(4), "SRA")
    with pytest.raises(InputError, match="voxel order is 'SRA', its affine's is 'RAS'"):
        read(tmp_path / "o.trk")


def test_refuses_a_header_without_an_affine(tmp_path):
    write_trk(tmp_path / "v.trk", CURVES, np.eye(4), "RAS")
    content = np.fromfile(tmp_path / "v.trk", dtype=np.uint8)
    content[440:504] = 0
    with pytest.raises(InputError, match="no affine"):
        parse_trk(content)
