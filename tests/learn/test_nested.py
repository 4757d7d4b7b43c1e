import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from learn.cohorts import sparse_cohort
from mslens.core.errors import InputError, SettingsError, TableError
from mslens.evaluate.folds import make_folds
from mslens.evaluate.leakage import LeakageError
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.lasso import LassoSelection
from mslens.learn.nested import NestedSettings, evaluate_nested, permute_target
from mslens.learn.tree import Model, ModelTree, Stage
from mslens.learn.tuned import TunedRegressor
from mslens.learn.variance import RangeScaledVariance


def small_tree(stacked=False):
    return ModelTree(
        {
            "filtered": Stage("features", SelectionFunnel([("variance", RangeScaledVariance())])),
            "lasso": Stage("filtered", LassoSelection(n_folds=3, n_alphas=30)),
        },
        {
            "ridge": Model("lasso", TunedRegressor(n_folds=3)),
            "lasso": Model("lasso", None),
        },
        stacked=stacked,
    )


@pytest.fixture(scope="module")
def result():
    X, y = sparse_cohort(n=100, p=150)
    return evaluate_nested(
        small_tree(stacked=True), X, y, settings=NestedSettings(n_folds=5, n_repeats=2, n_null=3)
    )


def test_every_row_is_predicted_once_per_repeat(result):
    assert set(result.predictions) == {"ridge", "lasso", "stack"}
    for values in result.predictions.values():
        assert values.shape == (2, 100)
        assert np.isfinite(values).all()
    assert not (result.fold_of[0] == result.fold_of[1]).all()
    assert sorted(np.bincount(result.fold_of[0])) == [20] * 5
    assert not result.optimistic


def test_a_repeat_alone_is_the_same_repeat(result):
    X, y = sparse_cohort(n=100, p=150)
    settings = NestedSettings(n_folds=5, first_repeat=1)
    alone = evaluate_nested(small_tree(stacked=True), X, y, settings=settings)
    for name, values in alone.predictions.items():
        np.testing.assert_array_equal(values[0], result.predictions[name][1])


def test_folds_in_other_processes_change_nothing(result):
    X, y = sparse_cohort(n=100, p=150)
    settings = NestedSettings(n_folds=5, n_repeats=2, n_null=3)
    told = []
    other = evaluate_nested(
        small_tree(stacked=True),
        X,
        y,
        settings=settings,
        n_workers=2,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(i, 10) for i in range(1, 11)]
    for name, values in other.predictions.items():
        np.testing.assert_array_equal(values, result.predictions[name])
        np.testing.assert_array_equal(other.null_predictions[name], result.null_predictions[name])
    assert [(r.repeat, r.fold, r.counts) for r in other.records] == [
        (r.repeat, r.fold, r.counts) for r in result.records
    ]


def test_signal_is_found_and_the_null_cohort_is_not(result):
    assert (result.scores()["ridge"].r > 0.8).all()
    nulls = result.null_correlations()
    assert all(abs(values.mean()) < 0.3 for values in nulls.values())
    assert nulls["ridge"].shape == (3,)


def test_records_what_each_fold_has_chosen(result):
    assert [(r.repeat, r.fold) for r in result.records] == [
        (i, j) for i in (0, 1) for j in range(5)
    ]
    record = result.records[0]
    assert record.counts["filtered: all"] == 150
    assert record.counts["lasso"] == len(record.columns["lasso"])
    assert set(record.columns) == {"lasso"}
    assert {"x0", "x1", "x2", "x3"} <= set(record.columns["lasso"])
    assert record.settings["ridge"]["alpha"] > 0
    assert set(record.weights) == {"ridge", "lasso"}


def test_selection_outside_the_folds_finds_signal_in_noise_and_nested_does_not():
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=(120, 4000)), rng.normal(size=120)
    tree = ModelTree(
        {"best": Stage("features", SelectKBest(f_regression, k=30), uses_target=True)},
        {"ridge": Model("best", TunedRegressor(n_folds=3))},
    )
    nested, paper = (
        evaluate_nested(tree, X, y, settings=NestedSettings(protocol=protocol, n_folds=5))
        for protocol in ("nested", "paper")
    )
    assert paper.optimistic
    assert paper.scores()["ridge"].r[0] > 0.6
    assert abs(nested.scores()["ridge"].r[0]) < 0.25
    assert paper.records[0].fold == -1


def test_patients_are_never_on_both_sides():
    rng = np.random.default_rng(3)
    X = np.repeat(rng.normal(size=(30, 40)), 3, axis=0) + 0.01 * rng.normal(size=(90, 40))
    y, patients = np.repeat(rng.normal(size=30), 3), np.repeat([f"sub-{i}" for i in range(30)], 3)
    honest = evaluate_nested(
        small_tree(), X, y, patients=patients, settings=NestedSettings(n_folds=5)
    )
    for i in range(30):
        assert np.unique(honest.fold_of[0, 3 * i : 3 * i + 3]).size == 1
    blind = evaluate_nested(small_tree(), X, y, settings=NestedSettings(n_folds=5))
    assert blind.scores()["ridge"].r[0] > honest.scores()["ridge"].r[0] + 0.3


def test_the_seed_fixes_everything():
    X, y = sparse_cohort(4, n=60, p=40)
    a, b = (
        evaluate_nested(small_tree(), X, y, settings=NestedSettings(n_folds=3, seed=5))
        for _ in range(2)
    )
    np.testing.assert_array_equal(a.predictions["ridge"], b.predictions["ridge"])


def test_progress_counts_every_fold():
    seen = []
    X, y = sparse_cohort(n=40, p=20)
    evaluate_nested(
        small_tree(),
        X,
        y,
        settings=NestedSettings(n_folds=3),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_null_targets_keep_folds_balanced_and_patients_whole():
    y, patients = np.repeat(np.arange(20.0), 2), np.repeat(np.arange(20), 2)
    y[1::2] += 0.25
    folds = make_folds(y, n_folds=4, rng=np.random.default_rng(0), patients=patients)
    permuted = permute_target(y, folds, patients, np.random.default_rng(1))
    assert (permuted != y).any()
    np.testing.assert_allclose(permuted[1::2] - permuted[::2], 0.25)
    for fold in folds:
        np.testing.assert_allclose(np.sort(permuted[fold.test]), np.sort(y[fold.test]))


def evaluate(X, y, **more):
    return evaluate_nested(small_tree(), X, y, settings=NestedSettings(n_folds=5), **more)


def test_refuses_a_fitted_transformer_by_name():
    X, y = sparse_cohort(n=40, p=20)
    tree = ModelTree(
        {"scaled": Stage("features", StandardScaler().fit(X))}, {"ridge": Model("scaled", Ridge())}
    )
    with pytest.raises(LeakageError, match=r"scaled \(StandardScaler\)"):
        evaluate_nested(tree, X, y)


def test_refuses_one_row_under_two_patients():
    X, y = sparse_cohort(n=40, p=20)
    X[7] = X[21]
    with pytest.raises(LeakageError, match="21 = 7"):
        evaluate(X, y)


@pytest.mark.parametrize(
    ("n", "target", "error", "message"),
    [
        (3, None, InputError, r"3 patient\(s\) are too few"),
        (12, np.nan, TableError, r"1 of 12 participant\(s\) have no the target|have no"),
        (12, "constant", TableError, "for all 12"),
    ],
)
def test_refuses_targets_and_cohorts_that_teach_nothing(n, target, error, message):
    X, y = sparse_cohort(n=n, p=20)
    if target == "constant":
        y = np.ones(n)
    elif target is not None:
        y[4] = target
    with pytest.raises(error, match=message):
        evaluate(X, y)


def test_refuses_more_folds_than_patients_and_tables_that_do_not_fit():
    X, y = sparse_cohort(n=12, p=20)
    with pytest.raises(InputError, match="20 folds were asked for"):
        evaluate_nested(small_tree(), X, y, settings=NestedSettings(n_folds=20))
    with pytest.raises(InputError, match="12 rows of features, 11 targets"):
        evaluate(X, y[:11])
    with pytest.raises(SettingsError, match="protocol"):
        NestedSettings.parse({"protocol": "optimistic"})
