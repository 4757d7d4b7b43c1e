from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import OutputError, TableError
from mslens.io.sidecars import read_sidecar, write_sidecar

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abü"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abcü", min_size=1), values, max_size=4))
def test_what_is_written_is_read(tmp_path_factory, content: dict) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_sidecar(path, content)
    assert read_sidecar(path) == content


def test_the_same_content_gives_the_same_bytes_in_the_given_order(tmp_path: Path) -> None:
    write_sidecar(tmp_path / "a.json", {"b": 1, "a": "ü"})
    assert (tmp_path / "a.json").read_bytes() == '{\n  "b": 1,\n  "a": "ü"\n}\n'.encode()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Path("x"), {1, 2}])
def test_what_is_not_json_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(OutputError, match="not JSON"):
        write_sidecar(tmp_path / "a.json", {"x": value})
    assert not (tmp_path / "a.json").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{\n'a': 1}", r"not valid JSON \(line 2\)"),
        (b"[1, 2]", "holds no object"),
        (b"\xff\xfe{}", "not valid JSON"),
        (b"", "is empty"),
    ],
)
def test_other_files_are_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_sidecar(tmp_path / "a.json")


def test_a_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_sidecar(tmp_path / "a.json") == {"a": 1}
