import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError, UnknownName
from mslens.io.clinical import (
    CLINICAL_COLUMNS,
    TableProblem,
    parse_clinical,
    rename_clinical,
)


def text(**columns: list[str | None]) -> pd.DataFrame:
    n_rows = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=[f"{i:02d}" for i in range(1, n_rows + 1)], dtype="str")


def test_every_column_of_the_design_is_there() -> None:
    assert set(CLINICAL_COLUMNS) == {
        *("age", "sex", "group", "course", "disease_duration_years", "edss", "pdds"),
        *("site", "scanner", "scan_date", "examination_date"),
    }


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("EDSS", "edss"),
        ("Age", "age"),
        ("gender", "sex"),
        ("ms_type", "course"),
        ("Disease Duration", "disease_duration_years"),
        ("sdmt", "sdmt"),
    ],
)
def test_common_spellings_are_recognised(theirs: str, ours: str) -> None:
    assert list(rename_clinical(text(**{theirs: ["1"]}), {}).columns) == [ours]


def test_an_exact_name_is_not_overruled() -> None:
    renamed = rename_clinical(text(age=["1"], age_at_scan=["2"]), {})
    assert list(renamed.columns) == ["age", "age_at_scan"]


def test_the_settings_overrule_the_spelling() -> None:
    renamed = rename_clinical(text(edss_v1=["1"], EDSS=["2"]), {"edss": "edss_v1"})
    assert list(renamed.columns) == ["edss", "EDSS"]


def test_wrong_names_in_the_settings_are_an_error() -> None:
    with pytest.raises(UnknownName, match="'edss'"):
        rename_clinical(text(a=["1"]), {"eds": "a"})
    with pytest.raises(TableError, match="'edss_v1'") as caught:
        rename_clinical(text(EDSS_v1=["1"]), {"edss": "edss_v1"})
    assert "Did you mean 'EDSS_v1'?" in str(caught.value)


def test_values_become_numbers_levels_and_dates() -> None:
    parsed, problems = parse_clinical(
        text(
            age=["40", None, "31.5"],
            sex=["female", "M", "m"],
            group=["MS", "HC", None],
            course=["rrms", None, "PP"],
            scan_date=["2020-01-31", "2020-01-31T10:00:00", None],
            site=["A", "2", "A"],
            sdmt=["50", None, "4.5"],
            handedness=["r", "1", None],
        )
    )
    assert problems == ()
    assert parsed["age"].tolist()[0::2] == [40.0, 31.5]
    assert parsed["sex"].tolist() == ["F", "M", "M"]
    assert parsed["group"].tolist()[:2] == ["patient", "control"]
    assert parsed["course"].tolist()[0::2] == ["RR", "PP"]
    assert parsed["scan_date"].tolist()[:2] == ["2020-01-31"] * 2
    assert parsed["site"].tolist() == ["A", "2", "A"]
    assert parsed["sdmt"].dtype == np.float64
    assert parsed["handedness"].tolist()[:2] == ["r", "1"]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("edss", "high", "numbers from 0 to 10"),
        ("edss", "11", "numbers from 0 to 10"),
        ("edss", "inf", "numbers from 0 to 10"),
        ("age", "-1", "numbers from 0 to 120"),
        ("age", "444", "numbers from 0 to 120"),
        ("sex", "2", "F, M, O"),
        ("course", "XY", "CIS, RR, SP, PP"),
        ("scan_date", "31.01.2020", "YYYY-MM-DD"),
        ("edss", "2,5", "decimals with a point"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_named(column: str, value: str, expected: str) -> None:
    good = {"sex": "F", "course": "RR", "scan_date": "2020-01-31"}.get(column, "5")
    parsed, (problem,) = parse_clinical(text(**{column: [good, value, None]}))
    assert parsed[column].isna().tolist() == [False, True, True]
    assert problem.labels == ("02",)
    assert problem.column == column
    assert expected in problem.message
    assert "1 value(s)" in problem.message


def test_a_problem_names_its_rows_only_when_described() -> None:
    problem = TableProblem("wrong", tuple(f"{i:02d}" for i in range(12)))
    assert problem.describe().startswith("wrong: sub-00, sub-01, ")
    assert problem.describe().endswith("sub-09 and 2 more")
    assert TableProblem("wrong", ("1",)).describe(prefix="ses-") == "wrong: ses-1"
    assert TableProblem("wrong").describe() == "wrong"
