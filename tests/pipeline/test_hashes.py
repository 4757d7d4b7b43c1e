import hashlib
import json
import os
import time

import pytest

from mslens.core.errors import InputError
from mslens.pipeline import hashes
from mslens.pipeline.hashes import HashCache, HashingPostponed, hash_json, take_stamp


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "raw" / "sub-01_T1w.nii.gz"
    path.parent.mkdir()
    path.write_bytes(b"content")
    make_old(path)
    return path


def make_old(path):
    past = time.time() - 10
    os.utime(path, (past, past))


@pytest.fixture
def read_files(monkeypatch):
    """Names of the files that were really read."""
    read = []
    original = hashes.hash_file

    def listen(path):
        read.append(path.name)
        return original(path)

    monkeypatch.setattr(hashes, "hash_file", listen)
    return read


def test_the_hash_is_that_of_the_bytes(tmp_path, file):
    expected = hashlib.sha256(b"content").hexdigest()
    assert HashCache(tmp_path / "out", "01").content(file) == expected


def test_a_file_is_read_once_even_by_the_next_run(tmp_path, file, read_files):
    out = tmp_path / "out"
    first = HashCache(out, "01")
    digest = first.content(file)
    first.content(file)
    first.save()
    assert HashCache(out, "01").content(file) == digest
    assert read_files == [file.name]


@pytest.mark.parametrize("change", ["size", "time", "replaced"])
def test_a_changed_file_is_read_again(tmp_path, file, change):
    cache = HashCache(tmp_path / "out", "01")
    before, stamp = cache.content(file), file.stat()
    if change == "size":
        file.write_bytes(b"longer content")
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    elif change == "time":
        file.write_bytes(b"CONTENT")
    else:
        other = file.with_name("other")
        other.write_bytes(b"CONTENT")
        os.utime(other, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        other.replace(file)
    assert cache.content(file) == hashlib.sha256(file.read_bytes()).hexdigest() != before


def test_a_file_just_written_is_not_trusted_to_have_another_time_next_time(
    tmp_path, file, read_files
):
    cache = HashCache(tmp_path / "out", "01")
    now = time.time_ns()
    os.utime(file, ns=(now, now))
    cache.content(file)
    stamp = file.stat()
    file.write_bytes(b"CONTENT")
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert cache.content(file) == hashlib.sha256(b"CONTENT").hexdigest()
    assert len(read_files) == 2


def test_a_noted_hash_holds_for_the_file_that_was_stamped_only(tmp_path, file, read_files):
    cache = HashCache(tmp_path / "out", "01")
    stamp = take_stamp(file)
    moved = file.with_name("moved.nii.gz")
    file.replace(moved)
    cache.note(moved, stamp, "noted")
    assert cache.content(moved) == "noted"
    moved.write_bytes(b"from somebody else")
    assert cache.content(moved) == hashlib.sha256(b"from somebody else").hexdigest()


def test_a_large_unknown_file_can_be_left_to_somebody_else(tmp_path, file):
    with pytest.raises(HashingPostponed):
        HashCache(tmp_path / "out", "01", limit_bytes=3).content(file)


def test_a_file_that_never_stands_still_is_refused(tmp_path, file, monkeypatch):
    original = hashes.hash_file

    def write_while_reading(path):
        digest = original(path)
        path.write_bytes(path.read_bytes() + b"more")
        return digest

    monkeypatch.setattr(hashes, "hash_file", write_while_reading)
    with pytest.raises(InputError, match="changes while it is read"):
        HashCache(tmp_path / "out", "01").content(file)


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(InputError, match="a folder stands where a file"):
        HashCache(tmp_path / "out", "01").content(tmp_path)


def test_the_meaning_of_a_sidecar_is_independent_of_the_version_that_wrote_it(tmp_path):
    cache = HashCache(tmp_path / "out", "01")
    meanings = []
    for number, values in enumerate(
        [
            {"Facts": {"a": 1}, "GeneratedBy": {"Version": "1.0"}},
            {"GeneratedBy": {"Version": "2.0"}, "Facts": {"a": 1}},
            {"Facts": {"a": 2}, "GeneratedBy": {"Version": "1.0"}},
        ]
    ):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(values))
        meanings.append(cache.meaning(path))
    assert meanings[0] == meanings[1] != meanings[2]


def test_a_damaged_sidecar_and_a_damaged_cache_are_no_obstacle(tmp_path, file):
    damaged = tmp_path / "a.json"
    damaged.write_text("{")
    out = tmp_path / "out"
    (out / ".mslens" / "hashes").mkdir(parents=True)
    (out / ".mslens" / "hashes" / "sub-01.json").write_text('{"../raw/sub-01_T1w.nii.gz": 3}')
    cache = HashCache(out, "01")
    assert cache.meaning(damaged) == hashlib.sha256(b"{").hexdigest()
    assert cache.content(file) == hashlib.sha256(b"content").hexdigest()


def test_the_cache_holds_no_absolute_path(tmp_path, file):
    cache = HashCache(tmp_path / "out", "01")
    cache.content(file)
    cache.save()
    text = (tmp_path / "out" / ".mslens" / "hashes" / "sub-01.json").read_text()
    assert str(tmp_path) not in text
    assert "sub-01_T1w" in text


def test_the_order_of_keys_changes_no_hash():
    assert hash_json({"a": 1, "b": 2}) == hash_json({"b": 2, "a": 1}) != hash_json({"a": 2})
