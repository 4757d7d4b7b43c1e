import gzip
import io

import numpy as np
import pytest
from scipy.io import savemat

from connectome.tracts import pack_tinytrack, random_curves, streamline
from mslens.connectome.tck import parse_tck
from mslens.connectome.tinytrack import parse_tinytrack
from mslens.core.errors import InputError

AFFINE = np.array([[-1.0, 0, 0, 78], [0, -1, 0, 76], [0, 0, 1, -50], [0, 0, 0, 1]])


def file_of(track, **more):
    stream = io.BytesIO()
    fields = {"track": np.frombuffer(track, dtype=np.uint8)[:, None], "trans_to_mni": AFFINE}
    savemat(stream, {**fields, **more}, format="4")
    return stream.getvalue()


def test_reads_steps_in_both_directions():
    curves = [np.round(c * 8) / 32 + [70, 80, 60] for c in random_curves(3, 20)]
    curves.append(np.array([[-3.0, 5.0, 2.0]]))
    found = parse_tinytrack(file_of(pack_tinytrack(curves)))
    assert found.n_streamlines == 21
    for number, curve in enumerate(curves):
        expected = np.asarray(curve) * [-1, -1, 1] + [78, 76, -50]
        np.testing.assert_allclose(streamline(found, number), expected, atol=1e-5)


@pytest.mark.data
def test_the_real_one_is_its_own_tck(data_dir):
    folder = data_dir / "hcp_tract"
    packed = gzip.decompress((folder / "ICBM152_adult" / "ICBM152_adult.tt.gz").read_bytes())
    ours = parse_tinytrack(packed)
    twin = parse_tck(np.memmap(folder / "ICBM152_adult.tck", dtype=np.uint8, mode="r"))
    assert ours.n_streamlines == twin.n_streamlines
    for number in range(0, ours.n_streamlines, 41):
        np.testing.assert_array_equal(streamline(ours, number), streamline(twin, number))


def test_refuses_files_that_are_none_or_broken():
    track = pack_tinytrack([np.zeros((4, 3)), np.ones((5, 3))])
    with pytest.raises(InputError, match="not a TinyTrack file"):
        parse_tinytrack(b"something else altogether")
    with pytest.raises(InputError, match="ends inside a streamline"):
        parse_tinytrack(file_of(track[:-1]))
    stream = io.BytesIO()
    savemat(stream, {"track": np.frombuffer(track, dtype=np.uint8)}, format="4")
    with pytest.raises(InputError, match="no 'trans_to_mni'"):
        parse_tinytrack(stream.getvalue())
