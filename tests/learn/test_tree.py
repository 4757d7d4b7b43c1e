import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from learn.cohorts import factor_cohort
from mslens.core.errors import SettingsError, UnknownName
from mslens.learn.cfs import CorrelationSubset
from mslens.learn.factors import SparseFactors
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.lasso import LassoSelection
from mslens.learn.tree import Model, ModelTree, Stage, fit_tree, prepare_tree
from mslens.learn.tuned import TunedRegressor
from mslens.learn.variance import RangeScaledVariance


def build_tree(**more):
    return ModelTree(
        stages={
            "filtered": Stage("features", SelectionFunnel()),
            "lasso": Stage("filtered", LassoSelection(n_folds=3)),
            "selected": Stage("lasso", CorrelationSubset()),
            "factors": Stage("features", SparseFactors()),
        },
        models={
            "ridge": Model("selected", TunedRegressor(n_folds=3)),
            "lasso": Model("lasso", None),
            "factors + ridge": Model("factors", TunedRegressor(n_folds=3)),
        },
        **more,
    )


@pytest.fixture(scope="module")
def cohort():
    X, y, _ = factor_cohort(7, n=150, p=400)
    return X, y


@pytest.fixture(scope="module")
def fitted(cohort):
    X, y = cohort
    return fit_tree(build_tree(), X[:110], y[:110])


def test_every_model_and_the_stack_predict_new_patients(cohort, fitted):
    X, y = cohort
    predicted = fitted.predict(X[110:])
    assert list(predicted) == ["ridge", "lasso", "factors + ridge", "stack"]
    for values in predicted.values():
        assert np.corrcoef(values, y[110:])[0, 1] > 0.7


def test_is_the_same_as_fitting_one_step_after_the_other(cohort, fitted):
    X, y = cohort
    funnel = SelectionFunnel().fit(X[:110])
    lasso = LassoSelection(n_folds=3).fit(funnel.transform(X[:110]), y[:110])
    subset = CorrelationSubset().fit(lasso.transform(funnel.transform(X[:110])), y[:110])
    ridge = TunedRegressor(n_folds=3)
    ridge.fit(subset.transform(lasso.transform(funnel.transform(X[:110]))), y[:110])
    new = subset.transform(lasso.transform(funnel.transform(X[110:])))
    np.testing.assert_allclose(fitted.predict(X[110:])["ridge"], ridge.predict(new))


def test_names_follow_the_columns_through_the_stages(cohort):
    X, y = cohort
    names = np.array([f"feature-{i}" for i in range(X.shape[1])], dtype=object)
    fitted = fit_tree(build_tree(stacked=False), X, y, names=names)
    table = fitted.transform(X)["selected"]
    for column, name in enumerate(fitted.names["selected"]):
        np.testing.assert_array_equal(table[:, column], X[:, int(name.split("-")[1])])
    assert fitted.names["factors"][0] == "factor1"
    assert fitted.weights is None


def test_knows_which_stages_look_at_the_target():
    tree = ModelTree(
        {
            "a": Stage("features", RangeScaledVariance()),
            "b": Stage("a", LassoSelection()),
            "c": Stage("b", StandardScaler()),
        },
        {"ridge": Model("c", TunedRegressor())},
    )
    assert tree.supervised() == {"b", "c"}
    prepared = prepare_tree(tree, np.random.default_rng(0).normal(size=(20, 4)))
    assert list(prepared.tables) == ["features", "a"]


def test_weights_of_the_stack_come_from_rows_the_selection_has_not_seen():
    """On noise, selection on all rows would make its models look good and the stack trust them."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(100, 1500)), rng.normal(size=100)
    fitted = fit_tree(build_tree(), X, y)
    for name in ("ridge", "lasso"):
        assert abs(np.corrcoef(fitted.out_of_fold[name], y)[0, 1]) < 0.35
    inside = np.corrcoef(fitted.predict(X)["ridge"], y)[0, 1]
    assert fitted.predict(X)["stack"].std() < 0.6 * y.std()
    assert inside > 0.3


def test_a_repeated_fit_is_the_same(cohort, fitted):
    X, y = cohort
    again = fit_tree(build_tree(), X[:110], y[:110])
    for name, values in again.predict(X[110:]).items():
        np.testing.assert_array_equal(values, fitted.predict(X[110:])[name])


def test_refuses_sources_that_do_not_exist():
    with pytest.raises(UnknownName, match="Did you mean 'features'"):
        ModelTree({"a": Stage("feature", RangeScaledVariance())}, {})
    with pytest.raises(UnknownName, match="selected"):
        ModelTree({}, {"m": Model("selected", TunedRegressor())})
    with pytest.raises(SettingsError, match="cannot predict"):
        ModelTree({"a": Stage("features", RangeScaledVariance())}, {"m": Model("a", None)})
