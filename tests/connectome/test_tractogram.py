import numpy as np
import pytest

from connectome.tracts import make_tractogram, random_curves, streamline
from mslens.connectome import tractogram as module
from mslens.connectome.tractogram import Tractogram, join_tractograms
from mslens.core.errors import InputError
from mslens.core.transform import AffineTransform

CURVES = random_curves(0, 25)


def test_chunks_hold_every_streamline_once(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK_POINTS", 50)
    tractogram = make_tractogram(CURVES)
    chunks = list(tractogram.chunks())
    assert len(chunks) > 3
    found = [
        chunk.points_mm[a:b]
        for chunk in chunks
        for a, b in zip(chunk.start, chunk.stop, strict=True)
    ]
    assert [chunk.first for chunk in chunks] == np.cumsum(
        [0, *(chunk.start.size for chunk in chunks[:-1])]
    ).tolist()
    for ours, curve in zip(found, CURVES, strict=True):
        np.testing.assert_array_equal(ours, curve)


def test_points_are_taken_through_the_chain():
    shift = np.eye(4)
    shift[:3, 3] = [10, 0, -5]
    chunk = next(make_tractogram(CURVES).chunks([AffineTransform(shift)]))
    np.testing.assert_allclose(
        chunk.points_mm[:5], CURVES[0][:5] + np.array([10, 0, -5]), atol=1e-5
    )


def test_rows_between_streamlines_may_be_anything():
    rows = np.array([[0, 0, 0], [1, 0, 0], [np.nan] * 3, [2, 0, 0], [3, 0, 0]], dtype=np.float32)
    gap = Tractogram(rows, np.array([0, 3]), np.array([2, 5]), np.zeros(2, dtype=np.int32))
    assert next(gap.chunks()).start.tolist() == [0, 3]


def test_refuses_a_point_that_is_no_place():
    broken = [CURVES[0], CURVES[1].copy()]
    broken[1][0, 2] = np.nan
    with pytest.raises(InputError, match="streamlines 0 to 1 is NaN"):
        list(make_tractogram(broken).chunks())


def test_several_files_are_several_subjects():
    a, b = make_tractogram(CURVES[:3]), make_tractogram(CURVES[3:8], [0, 1, 1, 0, 1])
    joined = join_tractograms([a, b])
    assert joined.subject_of.tolist() == [0, 0, 0, 1, 2, 2, 1, 2]
    np.testing.assert_array_equal(streamline(joined, 6), CURVES[6])


@pytest.mark.parametrize(
    ("start", "stop", "subjects", "message"),
    [
        ([], [], [], "no streamline"),
        ([0], [2], [0, 0], "2 subject ids for 1"),
        ([0], [2, 3], [0], "do not fit"),
    ],
)
def test_refuses_arrays_that_do_not_fit(start, stop, subjects, message):
    with pytest.raises(InputError, match=message):
        Tractogram(
            np.zeros((3, 3), dtype=np.float32),
            np.array(start, dtype=np.int64),
            np.array(stop, dtype=np.int64),
            np.array(subjects, dtype=np.int32),
        )
