import numpy as np
import pytest

from mslens.evaluate.folds import Fold, make_folds
from mslens.evaluate.leakage import FitRecord, LeakageError, audit_files, audit_fits, audit_folds

PATIENTS = ["sub-01", "sub-01", "sub-02", "sub-03"]


def fold(train, test):
    return Fold(np.array(train), np.array(test))


def test_clean_folds_pass():
    audit_folds([fold([0, 1], [2, 3]), fold([2, 3], [0, 1])], PATIENTS)


def test_names_a_patient_on_both_sides():
    with pytest.raises(LeakageError, match=r"1 patient\(s\) are on both sides of fold 2: sub-01"):
        audit_folds([fold([0, 1], [2, 3]), fold([0, 2], [1, 3])], PATIENTS)


def test_names_a_row_on_both_sides():
    with pytest.raises(LeakageError, match=r"the same 1 row\(s\): 2"):
        audit_folds([fold([0, 1, 2], [2, 3])], PATIENTS)


def test_several_files_of_one_participant_pass():
    audit_files(["aa", "bb", "cc", "aa"], ["sub-01", "sub-01", "sub-02", "sub-01"])


def test_names_participants_that_share_a_file():
    with pytest.raises(LeakageError, match=r"1 file\(s\).*: sub-02 = sub-09"):
        audit_files(["aa", "bb", "bb"], ["sub-01", "sub-09", "sub-02"])


def test_a_transformer_of_other_people_passes():
    folds = make_folds(np.arange(4.0), n_folds=2, rng=np.random.default_rng(0))
    audit_fits([FitRecord("normative z score", frozenset({"control-1"}))], folds, PATIENTS)


def test_names_the_transformer_that_was_fitted_outside():
    folds = [fold([0, 1], [2, 3])]
    records = [
        FitRecord("ComBat", frozenset(PATIENTS)),
        FitRecord("scaler", frozenset({"sub-01"})),
    ]
    with pytest.raises(LeakageError, match=r"ComBat \(saw 2 of 2, e.g. sub-02\)") as caught:
        audit_fits(records, folds, PATIENTS)
    assert "scaler" not in str(caught.value)
