from pathlib import Path

import pytest

from mslens.core.errors import TableError
from mslens.io.participants import (
    compare_with_folders,
    read_participants,
    read_phenotype,
    survey_participants,
    survey_sessions,
)

GOOD = "participant_id\tage\tsex\nsub-02\t41\tM\nsub-01\tn/a\tF\n"


def write(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def test_participants_are_indexed_by_label(tmp_path: Path) -> None:
    table = read_participants(write(tmp_path / "participants.tsv", GOOD))
    assert table.index.tolist() == ["01", "02"]
    assert table.index.name == "participant_id"
    assert table.loc["02", "age"] == 41.0
    assert table.loc["01", "sex"] == "F"


def test_identifiers_may_lack_their_prefix_and_stay_text(tmp_path: Path) -> None:
    content = "participant_id\tage\n001\t41\n1\t42\n"
    table = read_participants(write(tmp_path / "participants.tsv", content))
    assert table.index.tolist() == ["001", "1"]


def test_columns_are_mapped(tmp_path: Path) -> None:
    path = write(tmp_path / "participants.tsv", "participant_id\tEDSS_v1\nsub-01\t2.5\n")
    assert read_participants(path, columns={"edss": "EDSS_v1"}).loc["01", "edss"] == 2.5


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("participant_id,age\nsub-01,40\n", "separated by commas"),
        ("subject\tage\nsub-01\t40\n", "no column 'participant_id'"),
        ("participant_id\tage\nsub-01\t40\nsub-01\t41\n", "stand twice .*: sub-01"),
        ("participant_id\tage\nsub-01\t40\n01\t41\n", "stand twice .*: sub-01"),
        ("participant_id\tage\nn/a\t40\n", "1 row.s. have no participant_id"),
        ("participant_id\tage\nsub-01\told\n", "'age' cannot be used, expected numbers .*: sub-01"),
    ],
)
def test_wrong_tables_are_an_error(tmp_path: Path, content: str, message: str) -> None:
    path = write(tmp_path / "participants.tsv", content)
    with pytest.raises(TableError, match=message) as caught:
        read_participants(path)
    assert caught.value.where == str(path)


def test_a_missing_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no such file"):
        read_participants(tmp_path / "participants.tsv")


def test_a_survey_keeps_what_can_be_kept(tmp_path: Path) -> None:
    content = (
        "participant_id\tage\tsex\n"
        "sub-01\t40\tF\nsub-01\t41\tF\nsub-02\told\tM\nsub-03\t30\tM\nsub-03\t30\tM\nn/a\t1\tF\n"
    )
    survey = survey_participants(write(tmp_path / "participants.tsv", content))
    assert survey.table.index.tolist() == ["02", "03"]
    assert survey.table["age"].isna().tolist() == [True, False]
    assert [problem.labels for problem in survey.problems] == [(), ("01",), ("02",)]


def test_table_and_folders_are_compared_both_ways(tmp_path: Path) -> None:
    table = read_participants(write(tmp_path / "participants.tsv", GOOD))
    assert compare_with_folders(table, ["01", "02"]) == ()
    absent, extra = compare_with_folders(table, ["02", "03"])
    assert absent.describe() == (
        "1 participant(s) in the participants table but without a folder: sub-01"
    )
    assert extra.labels == ("03",)


def test_sessions_are_indexed_by_label(tmp_path: Path) -> None:
    content = "session_id\tedss\tscan_date\nses-2\t3.5\t2021-02-03\nses-1\thigh\t2020-02-03\n"
    path = write(tmp_path / "sub-01_sessions.tsv", content)
    survey = survey_sessions(path, columns={"age": "age_at_visit"})
    assert survey.table.index.tolist() == ["1", "2"]
    assert survey.table.loc["2", "edss"] == 3.5
    assert survey.problems[0].describe(prefix="ses-").endswith("ses-1")


def test_sessions_need_their_column(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="no column 'session_id'"):
        survey_sessions(write(tmp_path / "sub-01_sessions.tsv", GOOD))


def test_phenotype_tables_are_read_by_name(tmp_path: Path) -> None:
    write(
        tmp_path / "phenotype" / "sdmt.tsv", "participant_id\tsession_id\tsdmt\nsub-1\tses-1\t50\n"
    )
    write(tmp_path / "phenotype" / "sdmt.json", "{}")
    tables = read_phenotype(tmp_path)
    assert list(tables) == ["sdmt"]
    assert tables["sdmt"].loc["1", "sdmt"] == "50"
    assert read_phenotype(tmp_path / "phenotype") == {}


@pytest.mark.data
def test_the_real_participants(data_dir: Path) -> None:
    root = data_dir / "open_ms_bids"
    table = read_participants(root / "skullstripped" / "participants.tsv")
    assert table.loc["C19"].to_dict() == {"age": 47.0, "sex": "F", "course": "RR", "edss": 1.0}
    raw = read_participants(root / "raw" / "participants.tsv")
    assert raw["course"].isna().tolist() == [True, False]
