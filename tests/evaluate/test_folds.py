import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError, SettingsError
from mslens.evaluate.folds import PatientFolds, make_folds, split_holdout
from mslens.evaluate.leakage import audit_folds


def rng(seed=0):
    return np.random.default_rng(seed)


@given(st.integers(0, 2**32 - 1), st.integers(2, 10), st.sampled_from(["numeric", "class"]))
def test_every_row_is_judged_once_and_no_patient_is_on_both_sides(seed, n_folds, kind):
    draw = rng(seed)
    patients = draw.integers(0, 40, size=90)
    target = draw.integers(0, 2, size=41)[patients]
    target[:2], patients[:2] = [0, 1], [100, 101]
    target[2:4], patients[2:4] = [0, 1], [102, 103]
    folds = make_folds(target, n_folds=n_folds, rng=draw, patients=patients, kind=kind)
    assert len(folds) == n_folds
    judged = np.concatenate([fold.test for fold in folds])
    np.testing.assert_array_equal(np.sort(judged), np.arange(90))
    for fold in folds:
        np.testing.assert_array_equal(np.sort(np.r_[fold.train, fold.test]), np.arange(90))
    audit_folds(folds, patients)


def test_every_fold_spans_the_target():
    target = rng(1).gamma(2.0, 1.0, size=400)
    plain = np.array_split(rng(2).permutation(400), 10)
    folds = make_folds(target, n_folds=10, rng=rng(3))
    balanced = np.std([target[fold.test].mean() for fold in folds])
    assert balanced < 0.5 * np.std([target[rows].mean() for rows in plain])
    assert {fold.test.size for fold in folds} == {40}


def test_classes_are_spread_evenly():
    target = np.r_[np.zeros(72), np.ones(28)]
    folds = make_folds(target, n_folds=10, rng=rng(), kind="class")
    counts = [int(target[fold.test].sum()) for fold in folds]
    assert max(counts) - min(counts) <= 1


def test_patients_with_many_scans_do_not_unbalance_the_folds():
    patients = np.repeat(np.arange(40), [10] * 4 + [1] * 36)
    folds = make_folds(rng().normal(size=76), n_folds=4, rng=rng(1), patients=patients)
    sizes = [fold.test.size for fold in folds]
    assert max(sizes) - min(sizes) <= 10


def test_a_seed_fixes_the_folds_and_another_changes_them():
    target = rng(5).normal(size=50)
    a, b = (make_folds(target, n_folds=5, rng=rng(6))[0].test for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert set(a) != set(make_folds(target, n_folds=5, rng=rng(7))[0].test)


def test_the_class_may_be_text():
    folds = make_folds(["RR"] * 6 + ["SP"] * 4, n_folds=2, rng=rng(), kind="class")
    assert [int((fold.test >= 6).sum()) for fold in folds] == [2, 2]


@pytest.mark.parametrize(
    ("target", "patients", "n_folds", "kind", "message"),
    [
        (np.arange(3.0), None, 10, "numeric", r"10 folds were asked for, there are 3 patient"),
        (np.arange(9.0), [1, 2, 3] * 3, 5, "numeric", "there are 3 patient"),
        (["RR"] * 9 + ["PP"], None, 3, "class", "class PP has one patient only"),
        (["RR"] * 8 + ["PP"] * 2, [*range(8), 9, 9], 3, "class", "class PP has one patient"),
        (np.arange(4.0), [1, 2], 2, "numeric", "2 patient labels for 4 rows"),
    ],
)
def test_refuses_impossible_folds(target, patients, n_folds, kind, message):
    with pytest.raises(InputError, match=message):
        make_folds(target, n_folds=n_folds, rng=rng(), patients=patients, kind=kind)


def test_refuses_one_fold():
    with pytest.raises(SettingsError, match=r"1 fold\(s\)"):
        make_folds(np.arange(4.0), n_folds=1, rng=rng())


def test_holdout_has_the_share_and_the_range():
    target = rng(8).gamma(2.0, 1.0, size=500)
    fold = split_holdout(target, test_share=0.2, rng=rng(9))
    assert (fold.train.size, fold.test.size) == (400, 100)
    assert target[fold.test].mean() == pytest.approx(target.mean(), abs=0.05)
    assert not np.intersect1d(fold.train, fold.test).size


def test_holdout_takes_whole_patients():
    patients = np.repeat(np.arange(20), 3)
    fold = split_holdout(rng().normal(size=60), test_share=0.25, rng=rng(1), patients=patients)
    audit_folds([fold], patients)
    assert np.unique(patients[fold.test]).size == 5


@pytest.mark.parametrize("share", [0.0, 1.0, 0.01, -0.5])
def test_refuses_a_share_that_leaves_a_side_empty(share):
    with pytest.raises(SettingsError, match="leaves one side empty"):
        split_holdout(np.arange(20.0), test_share=share, rng=rng())


def test_serves_scikit_learn():
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import cross_val_predict

    X = rng().normal(size=(60, 3))
    patients = np.repeat(np.arange(20), 3)
    splitter = PatientFolds(4, random_state=3)
    assert splitter.get_n_splits() == 4
    predicted = cross_val_predict(Ridge(), X, X[:, 0], groups=patients, cv=splitter)
    assert np.corrcoef(predicted, X[:, 0])[0, 1] > 0.99
    first = [test for _, test in splitter.split(X, X[:, 0], patients)]
    again = [test for _, test in splitter.split(X, X[:, 0], patients)]
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
