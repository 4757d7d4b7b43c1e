"""What can be wrong with the tables of a study, as a user meets it on the command line."""

import pandas as pd
import pytest

from mslens.cli.main import execute
from studies.edss_radiomics.tables_on_disk import make_clinical, make_features, write

CLINICAL = make_clinical()
FEATURES = make_features(CLINICAL)
N = len(CLINICAL)


def change(table: pd.DataFrame, row: int, **cells: object) -> pd.DataFrame:
    changed = table.astype(object)
    for name, value in cells.items():
        changed.loc[row, name] = value
    return changed


CASES = {
    "nobody has an EDSS": (
        CLINICAL.assign(edss=None),
        FEATURES,
        ["nobody is left", "no edss: 70"],
    ),
    "no EDSS column": (CLINICAL.drop(columns="edss"), FEATURES, ["no column 'edss'", "--target"]),
    "text in a numeric column": (change(CLINICAL, 7, age="old"), FEATURES, ["'age'", "sub-007"]),
    "duplicate participants": (
        pd.concat([CLINICAL, CLINICAL.iloc[[3]]]),
        FEATURES,
        ["more than once", "003"],
    ),
    "a patient at both sites": (
        pd.concat([CLINICAL, CLINICAL.iloc[[3]].assign(site="two")]),
        FEATURES,
        ["more than one site", "003 (one and two)"],
    ),
    "constant target": (CLINICAL.assign(edss=2), FEATURES, ["edss is 2 for all 70"]),
    "a class with one member": (
        CLINICAL.assign(site=["two", *["one"] * (N - 1)]),
        FEATURES,
        ["1 patient(s) of another site (two) are too few"],
    ),
    "NaN": (
        CLINICAL,
        change(FEATURES, 9, **{FEATURES.columns[3]: None}),
        ["Region_2.original_glcm_f2", "(009)", "--missing-features"],
    ),
    "Inf": (
        CLINICAL,
        change(FEATURES, 9, **{FEATURES.columns[3]: "inf"}),
        ["Region_2.original_glcm_f2", "(009)", "--missing-features"],
    ),
    "3 patients": (CLINICAL.iloc[:3], FEATURES.iloc[:3], ["3 patient(s) are too few"]),
    "ids that do not match": (
        CLINICAL.assign(participant_id=[f"P{i}" for i in range(N)]),
        FEATURES,
        ["P0", "000", "same way in both"],
    ),
}


def run(tmp_path, clinical, features, *options):
    files = write(tmp_path, clinical=clinical, features=features)
    words = ["study", "edss-radiomics", str(tmp_path / "out"), *options]
    for name, path in files.items():
        words += [f"--{name}", str(path)]
    return execute(words)


@pytest.mark.parametrize("case", CASES)
def test_is_refused_in_one_line_with_what_and_cure(tmp_path, capsys, case):
    clinical, features, words = CASES[case]
    assert run(tmp_path, clinical, features) == 1
    shown = capsys.readouterr().err
    assert "Traceback" not in shown
    for word in words:
        assert word in shown


def test_more_folds_than_patients(tmp_path, capsys):
    assert run(tmp_path, CLINICAL, FEATURES, "--folds", "60") == 1
    assert "60 folds were asked for" in capsys.readouterr().err
