import numpy as np
import pytest

from mslens.core.errors import InputError, TableError
from mslens.evaluate.cohort import (
    list_names,
    match_participants,
    read_numbers,
    require_finite_features,
    require_match,
    require_one_site,
    require_patients,
    require_target,
    require_unique,
)


def test_names_are_cut_with_their_number():
    assert list_names(["a", "b"]) == "a, b"
    assert list_names(range(8)) == "0, 1, 2, 3, 4 and 3 more"


def test_names_participants_that_stand_twice():
    with pytest.raises(TableError, match=r"1 participant\(s\) stand more than once.*: sub-02"):
        require_unique(["sub-01", "sub-02", "sub-02"], table="clinical table")


def test_names_unmatched_participants_both_ways():
    match = match_participants(
        ["sub-03", "sub-01", "sub-02"],
        ["sub-02", "sub-04", "sub-03"],
        first_table="feature table",
        second_table="clinical table",
    )
    assert match.common == ("sub-03", "sub-02")
    with pytest.raises(
        TableError, match=r"feature table are not in the clinical table: sub-01.*not.*: sub-04"
    ):
        require_match(match, first_table="feature table", second_table="clinical table")


def test_full_match_passes():
    match = match_participants(["a"], ["a"], first_table="one", second_table="two")
    require_match(match, first_table="one", second_table="two")


def test_tables_that_share_nobody_show_examples_of_both():
    with pytest.raises(TableError, match=r"features \(sub-01\).*clinic \(1\)"):
        match_participants(["sub-01"], ["1"], first_table="features", second_table="clinic")


def test_reads_numbers_and_empty_cells():
    cells = ["2.5", 3, None, "n/a", " 4 ", float("nan"), ""]
    numbers = read_numbers(cells, column="edss", participants=list("abcdefg"))
    np.testing.assert_array_equal(numbers, [2.5, 3, np.nan, np.nan, 4, np.nan, np.nan])


def test_names_text_in_a_numeric_column():
    with pytest.raises(TableError, match=r"2 value\(s\) of 'edss'.*b \('mild'\), c \('2,5'\)"):
        read_numbers(["1.0", "mild", "2,5"], column="edss", participants=["a", "b", "c"])


def test_names_participants_without_target():
    with pytest.raises(TableError, match=r"2 of 3 participant\(s\) have no EDSS: b, c"):
        require_target([1.0, np.nan, np.inf], target="EDSS", participants=["a", "b", "c"])


def test_refuses_a_constant_target():
    with pytest.raises(TableError, match="EDSS is 2 for all 3"):
        require_target([2.0, 2.0, 2.0], target="EDSS", participants=["a", "b", "c"])
    assert require_target([2.0, 3.0], target="EDSS", participants=["a", "b"]).dtype == np.float64


def test_names_a_patient_of_two_sites():
    require_one_site(["a", "a", "b"], ["1", "1", "2"])
    with pytest.raises(TableError, match=r"1 patient\(s\).*a \(1 and 2\)"):
        require_one_site(["a", "b", "a"], ["1", "2", "2"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_names_features_and_participants_that_are_not_finite(value):
    features = np.zeros((3, 5000), dtype=np.float32)
    columns = [f"f{i}" for i in range(5000)]
    require_finite_features(features, columns=columns, participants=["a", "b", "c"])
    features[1, 4500] = value
    with pytest.raises(TableError, match=r"1 feature\(s\).*f4500.*1 participant\(s\) \(b\)"):
        require_finite_features(features, columns=columns, participants=["a", "b", "c"])


def test_refuses_three_patients():
    with pytest.raises(InputError, match=r"3 patient\(s\) are too few for a model"):
        require_patients(["a", "b", "c", "c"], minimum=10, purpose="for a model")
    assert require_patients("abcd", minimum=4, purpose="for a model") == 4
