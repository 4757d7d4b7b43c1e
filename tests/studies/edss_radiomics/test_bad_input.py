"""What a user can get wrong: named, counted, and never silently dropped."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import InputError, MslensError, TableError
from mslens.studies.edss_radiomics.flow import run_study
from mslens.studies.edss_radiomics.inclusion import apply_inclusion
from mslens.studies.edss_radiomics.inputs import gather_inputs
from mslens.studies.edss_radiomics.request import Brought
from studies.edss_radiomics.tables_on_disk import SMALL, make_clinical, make_features, write

CLINICAL = make_clinical()
FEATURES = make_features(CLINICAL)


def gather(folder: Path, clinical: pd.DataFrame, features: pd.DataFrame):
    return gather_inputs(
        folder, Brought(**write(folder, clinical=clinical, features=features)), columns={}
    )


def study(folder: Path, clinical=CLINICAL, features=FEATURES, settings=SMALL):
    data = gather(folder, clinical, features)
    return run_study(data, folder / "out", settings, command="", tell=lambda _: None)


def change(table: pd.DataFrame, row: int, **cells: object) -> pd.DataFrame:
    changed = table.astype(object)
    for name, value in cells.items():
        changed.loc[row, name] = value
    return changed


def test_missing_edss_leaves_the_patient_out_by_name(tmp_path):
    flow = apply_inclusion(gather(tmp_path, change(CLINICAL, 4, edss=None), FEATURES), SMALL)
    step = next(step for step in flow.steps if step.reason == "no edss")
    assert step.names == ("004",)
    assert "004" not in flow.included
    assert flow.excluded == 1


def test_text_in_a_numeric_column_is_named(tmp_path):
    with pytest.raises(TableError, match=r"'age'.*sub-007"):
        gather(tmp_path, change(CLINICAL, 7, age="old"), FEATURES)
    broken = change(FEATURES, 9, **{FEATURES.columns[3]: "dark"})
    with pytest.raises(TableError, match=r"Region_2.*not numbers: 009 \('dark'\)"):
        gather(tmp_path, CLINICAL, broken)


def test_duplicate_participants_are_named(tmp_path):
    twice = pd.concat([CLINICAL, CLINICAL.iloc[[3]]])
    with pytest.raises(TableError, match="more than once in the clinical table: 003"):
        gather(tmp_path, twice, FEATURES)
    with pytest.raises(TableError, match="twice"):
        gather(tmp_path, CLINICAL, pd.concat([FEATURES, FEATURES.iloc[[3]]]))


def test_a_patient_at_both_sites_is_named(tmp_path):
    both = pd.concat([CLINICAL, CLINICAL.iloc[[3]].assign(site="two")])
    with pytest.raises(TableError, match=r"more than one site: 003 \(one and two\)"):
        gather(tmp_path, both, FEATURES)


def test_the_same_scan_under_two_names_is_a_leak(tmp_path):
    copied = FEATURES.copy()
    copied.iloc[60, 1:] = copied.iloc[2, 1:]
    same = CLINICAL.copy()
    columns = ["age", "sex", "course", "disease_duration_years"]
    same.loc[60, columns] = same.loc[2, columns]
    with pytest.raises(MslensError, match=r"002.*060|060.*002"):
        study(tmp_path, same, copied)


def test_a_constant_target_is_refused(tmp_path):
    with pytest.raises(TableError, match="edss is 2 for all"):
        study(tmp_path, CLINICAL.assign(edss=2))


def test_more_folds_than_patients_is_refused(tmp_path):
    with pytest.raises(InputError, match="folds"):
        study(tmp_path, settings=SMALL.model_copy(update={"n_folds": 60}))


def test_three_patients_are_too_few(tmp_path):
    with pytest.raises(InputError, match=r"3 patient\(s\) are too few"):
        study(tmp_path, CLINICAL.iloc[:3], FEATURES.iloc[:3])


def test_a_site_with_one_member_is_refused_by_name(tmp_path):
    alone = CLINICAL.assign(site=["two", *["one"] * (len(CLINICAL) - 1)])
    with pytest.raises(InputError, match=r"1 patient\(s\) of another site \(two\) are too few"):
        study(tmp_path, alone)


@pytest.mark.parametrize("value", ["n/a", "inf"])
def test_features_that_are_not_finite_are_refused_by_name(tmp_path, value):
    broken = change(FEATURES, 9, **{FEATURES.columns[3]: value})
    with pytest.raises(
        TableError, match=r"1 feature\(s\).*Region_2.original_glcm_f2.*\(009\)"
    ) as e:
        study(tmp_path, CLINICAL, broken)
    assert "--missing-features leave-out" in str(e.value)


def test_features_that_are_not_finite_are_left_out_by_name_when_asked(tmp_path):
    broken = change(FEATURES, 9, **{FEATURES.columns[3]: "inf"})
    settings = SMALL.model_copy(update={"missing_features": "leave-out"})
    files = study(tmp_path, CLINICAL, broken, settings)
    left_out = (files.result.parent / "left_out_features.tsv").read_text()
    assert left_out.splitlines() == ["feature", "Region_2.original_glcm_f2"]
    assert "1 feature(s) were left out" in files.result.read_text()


def test_a_patient_without_most_features_is_left_out_by_name(tmp_path):
    broken = FEATURES.copy()
    broken.iloc[5, 1:20] = np.nan
    flow = apply_inclusion(gather(tmp_path, CLINICAL, broken), SMALL)
    assert flow.steps[-1].names == ("005",)
    assert "10% of the radiomic features missing" in flow.steps[-1].reason


def test_ids_that_do_not_match_are_named_both_ways(tmp_path):
    flow = apply_inclusion(gather(tmp_path, CLINICAL.iloc[2:], FEATURES.iloc[:-1]), SMALL)
    reasons = {step.reason: step.names for step in flow.steps}
    assert reasons["measured, but not in the clinical table"] == ("000", "001")
    assert reasons["in the clinical table, but not measured"] == ("069",)
    others = CLINICAL.assign(participant_id=[f"P{i}" for i in range(len(CLINICAL))])
    with pytest.raises(TableError, match=r"no participant .*P0.* is in the .*000"):
        apply_inclusion(gather(tmp_path, others, FEATURES), SMALL)


def test_nothing_to_start_from_says_what_to_pass(tmp_path):
    with pytest.raises(InputError, match=r"no clinical table.*--clinical"):
        gather_inputs(tmp_path, Brought(), columns={})
    clinical = write(tmp_path, clinical=CLINICAL)
    with pytest.raises(InputError, match=r"nothing to predict from.*--features"):
        gather_inputs(tmp_path, Brought(**clinical), columns={})


def test_an_unknown_training_site_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"'three'.*Expected one of one, two"):
        study(tmp_path, settings=SMALL.model_copy(update={"training_site": "three"}))
