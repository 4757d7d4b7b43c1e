import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import TableError
from mslens.io.tables import MISSING_WORDS, ColumnDescription, read_tsv, write_tsv

VOLUMES = {
    "region": ColumnDescription("Region", levels={"wm": "White matter"}),
    "volume_ml": ColumnDescription("Volume", "ml", significant_digits=4),
}
cells = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r"), max_size=8).filter(
    lambda text: text == text.strip() and text.lower() not in MISSING_WORDS
)


def table(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_text_is_read_as_text_and_n_a_as_missing(tmp_path: Path) -> None:
    read = read_tsv(table(tmp_path / "a.tsv", "id\tage\nsub-01\t007\nsub-02\tn/a\n"))
    assert read["age"].tolist()[0] == "007"
    assert read["age"].isna().tolist() == [False, True]


@pytest.mark.parametrize("word", ["n/a", "N/A", "NA", "NaN", "", " ", "null", "None"])
def test_the_ways_to_say_missing(tmp_path: Path, word: str) -> None:
    read = read_tsv(table(tmp_path / "a.tsv", f"id\tage\tsex\nsub-01\t{word}\tF\n"))
    assert read["age"].isna().all()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_marks_and_blank_lines_do_not_matter(tmp_path: Path, end: str) -> None:
    content = end.join(["\ufeffid\tage", "", "sub-01\t 40 ", "", ""])
    read = read_tsv(table(tmp_path / "a.tsv", content))
    assert read.to_dict("list") == {"id": ["sub-01"], "age": ["40"]}


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_any_text_survives(tmp_path_factory, rows: list[tuple[str, str]]) -> None:
    path = tmp_path_factory.mktemp("tsv") / "a.tsv"
    columns = {"x": ColumnDescription("one"), "y": ColumnDescription("two")}
    frame = pd.DataFrame(rows, columns=pd.Index(["x", "y"]))
    write_tsv(path, frame, columns=columns)
    assert read_tsv(path).to_numpy().tolist() == [list(row) for row in rows]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n\n", "table is empty"),
        ("participant_id,age\nsub-01,40\n", "separated by commas"),
        ("participant_id;age\nsub-01;40\n", "separated by semicolons"),
        ("participant_id  age\nsub-01  40\n", "separated by spaces"),
        ("id\tage\tage\n1\t2\t3\n", "column 'age' stands twice"),
        ("id\t\n1\t2\n", "no name"),
        ("id\tage\n\n1\t2\n1\t2\t3\n1\n", "line 4, 5 has another number of cells"),
        ("id\tage\nä\t1\n".encode("latin-1"), "not UTF-8"),
        ("id\tage\nx\t1\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_other_tables_are_an_error(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = table(tmp_path / "a.tsv", content)
    with pytest.raises(TableError, match=message) as caught:
        read_tsv(path)
    assert caught.value.where == str(path)


def test_a_missing_table_says_so(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        read_tsv(tmp_path / "gone.tsv")


def test_the_bytes_of_a_table(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "region": ["wm", "gm", None],
            "volume_ml": [1234.5678, np.nan, -0.0],
            "n": [3, 4, 5],
            "is_left": [True, False, np.bool_(True)],
        }
    )
    columns = {
        "is_left": ColumnDescription("Left"),
        **VOLUMES,
        "n": ColumnDescription("Count"),
    }
    write_tsv(tmp_path / "volumes.tsv", frame, columns=columns)
    assert (tmp_path / "volumes.tsv").read_bytes() == (
        b"is_left\tregion\tvolume_ml\tn\ntrue\twm\t1235\t3\nfalse\tgm\tn/a\t4\ntrue\tn/a\t0\t5\n"
    )
    assert json.loads((tmp_path / "volumes.json").read_text()) == {
        "is_left": {"Description": "Left"},
        "region": {"Description": "Region", "Levels": {"wm": "White matter"}},
        "volume_ml": {"Description": "Volume", "Units": "ml"},
        "n": {"Description": "Count"},
    }


def test_rounding_noise_does_not_reach_the_file(tmp_path: Path) -> None:
    columns = {"x": ColumnDescription("x")}
    for name, value in (("a", 0.1 + 0.2), ("b", 0.3), ("c", np.float32(0.3))):
        frame = pd.DataFrame({"x": [value]})
        write_tsv(tmp_path / f"{name}.tsv", frame, columns=columns)
    assert len({(tmp_path / f"{name}.tsv").read_bytes() for name in "abc"}) == 1


def test_an_empty_table_has_its_header(tmp_path: Path) -> None:
    write_tsv(tmp_path / "a.tsv", pd.DataFrame(columns=list(VOLUMES)), columns=VOLUMES)
    assert (tmp_path / "a.tsv").read_text() == "region\tvolume_ml\n"
    assert len(read_tsv(tmp_path / "a.tsv")) == 0


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"region": ["wm"]}), "differ: volume_ml"),
        (pd.DataFrame({"region": ["wm"], "volume_ml": [1], "extra": [2]}), "differ: extra"),
        (pd.DataFrame({"region": ["w\tm"], "volume_ml": [1]}), "a tab"),
        (pd.DataFrame({"region": ["w\nm"], "volume_ml": [1]}), "line end"),
        (pd.DataFrame({"region": ["wm"], "volume_ml": [np.inf]}), "infinite"),
    ],
)
def test_what_cannot_be_said_in_a_table(tmp_path: Path, frame: pd.DataFrame, message: str) -> None:
    with pytest.raises(TableError, match=message):
        write_tsv(tmp_path / "a.tsv", frame, columns=VOLUMES)
    assert list(tmp_path.iterdir()) == []


def test_a_table_is_a_tsv(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="saved as"):
        write_tsv(tmp_path / "a.csv", pd.DataFrame(), columns={})
