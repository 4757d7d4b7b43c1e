import errno
import os
from pathlib import Path

import pytest

from mslens.pipeline.atomic import move_into_place, read_json, to_json, write_atomically


def test_a_file_is_written_whole_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "new folder" / "a.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two", durable=False)
    assert path.read_bytes() == b"two"
    assert [file.name for file in path.parent.iterdir()] == ["a.json"]


def test_a_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    write_atomically(path, b"old")

    def refuse(descriptor):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("other_file_system", [False, True])
def test_a_file_is_moved_even_to_another_file_system(tmp_path, monkeypatch, other_file_system):
    source, target = tmp_path / "source.nii.gz", tmp_path / "sub-01" / "target.nii.gz"
    source.write_bytes(b"content")
    replace = Path.replace

    def refuse(path, where):
        if path == source:
            raise OSError(errno.EXDEV, "another file system")
        return replace(path, where)

    if other_file_system:
        monkeypatch.setattr(Path, "replace", refuse)
    move_into_place(source, target)
    assert target.read_bytes() == b"content"
    assert [file.name for file in target.parent.iterdir()] == ["target.nii.gz"]


def test_json_keeps_order_and_letters_and_survives_names_that_are_no_unicode(tmp_path):
    values = {"b": "Großhirn", "a": os.fsdecode(b"\xff.nii")}
    path = tmp_path / "a.json"
    path.write_bytes(to_json(values))
    assert "Großhirn" in path.read_text(encoding="utf-8")
    assert read_json(path) == values
    assert list(read_json(path)) == ["b", "a"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", None])
def test_damaged_json_is_as_good_as_none(tmp_path, content):
    path = tmp_path / "a.json"
    if content is not None:
        path.write_bytes(content)
    assert read_json(path) is None
