import json

import numpy as np
import pytest

from connectome.tracts import make_tractogram, random_curves
from mslens.connectome.index_store import INDEX_FILE, Reference, load_reference, save_reference
from mslens.connectome.inverse_index import build_index
from mslens.core.errors import InputError, OutputError
from mslens.core.grid import Grid

GRID = Grid(
    np.array([[1.0, 0, 0, -15], [0, 1, 0, -15], [0, 0, 1, -15], [0, 0, 0, 1]]), (31, 31, 31)
)


@pytest.fixture
def reference():
    index = build_index(make_tractogram(random_curves(9, 20), np.arange(20) % 3), GRID)
    ends = np.tile([[1, 2]], (20, 1)).astype(np.int32)
    return Reference("test", "MNI", False, index, ends, ("a", "b"), (7, 9), ("x", "y", "z"))


def test_comes_back_as_it_was_and_stays_on_disk(tmp_path, reference):
    save_reference(tmp_path / "index", reference)
    found = load_reference(tmp_path / "index", check=True)
    for name in ("voxel_start", "visitors", "ends", "subject_of"):
        array = getattr(found.index, name)
        np.testing.assert_array_equal(array, getattr(reference.index, name))
        assert isinstance(array, np.memmap)
    np.testing.assert_array_equal(found.end_regions, reference.end_regions)
    assert found.index.grid.is_close(GRID)
    for name in ("name", "space", "is_synthetic", "region_names", "region_labels", "subjects"):
        assert getattr(found, name) == getattr(reference, name)


def test_the_same_reference_gives_the_same_bytes(tmp_path, reference):
    save_reference(tmp_path / "a", reference)
    save_reference(tmp_path / "b", reference)
    assert (tmp_path / "a" / INDEX_FILE).read_bytes() == (tmp_path / "b" / INDEX_FILE).read_bytes()


def test_nothing_is_overwritten_and_nothing_left_behind(tmp_path, reference):
    folder = tmp_path / "index"
    folder.mkdir()
    (folder / "mine.txt").write_text("keep")
    with pytest.raises(OutputError, match="not empty"):
        save_reference(folder, reference)
    assert [path.name for path in tmp_path.iterdir()] == ["index"]
    assert (folder / "mine.txt").read_text() == "keep"


def test_refuses_what_is_no_index_or_of_another_version(tmp_path, reference):
    with pytest.raises(InputError, match="no tractogram index"):
        load_reference(tmp_path)
    save_reference(tmp_path / "index", reference)
    stated = json.loads((tmp_path / "index" / INDEX_FILE).read_text())
    (tmp_path / "index" / INDEX_FILE).write_text(json.dumps({**stated, "format": 0}))
    with pytest.raises(InputError, match="format 0"):
        load_reference(tmp_path / "index")


def test_refuses_a_truncated_missing_or_changed_array(tmp_path, reference):
    save_reference(tmp_path / "index", reference)
    path = tmp_path / "index" / "visitors.npy"
    content = path.read_bytes()
    path.write_bytes(content[:-40])
    with pytest.raises(InputError, match="'visitors' or it is damaged"):
        load_reference(tmp_path / "index")
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    load_reference(tmp_path / "index")
    with pytest.raises(InputError, match="'visitors' of the index is not what was written"):
        load_reference(tmp_path / "index", check=True)
    np.save(path, np.arange(3, dtype=np.int32))
    with pytest.raises(InputError, match="not what was written"):
        load_reference(tmp_path / "index")
    path.unlink()
    with pytest.raises(InputError, match="lacks 'visitors'"):
        load_reference(tmp_path / "index")


def test_pickled_arrays_are_not_loaded(tmp_path, reference):
    save_reference(tmp_path / "index", reference)
    np.save(
        tmp_path / "index" / "ends.npy", np.array([{"run": "me"}], dtype=object), allow_pickle=True
    )
    with pytest.raises(InputError, match="damaged"):
        load_reference(tmp_path / "index")
