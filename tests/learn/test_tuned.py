import numpy as np
import pytest

from learn.cohorts import sparse_cohort
from mslens.core.errors import InputError, UnknownName
from mslens.learn.regressors import ALGORITHMS
from mslens.learn.tuned import TunedRegressor


def few_columns(seed=0, n=90):
    X, y = sparse_cohort(seed, n=n, p=6)
    return X, y


@pytest.mark.parametrize("name", ALGORITHMS)
def test_predicts_new_rows(name):
    X, y = few_columns(n=120)
    grid = {"max_features": ["sqrt"], "min_samples_leaf": [1, 5]} if "forest" in name else None
    model = TunedRegressor(name, n_folds=3, grid=grid, n_trees=50, n_trees_tuned=20)
    model.fit(X[:90], y[:90])
    assert np.corrcoef(model.predict(X[90:]), y[90:])[0, 1] > 0.75


def test_ridge_is_scikit_learns_grid_search_on_the_same_folds():
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from mslens.core.rng import make_rng
    from mslens.evaluate.folds import make_folds

    X, y = sparse_cohort(p=80)
    model = TunedRegressor().fit(X, y)
    folds = make_folds(y, n_folds=5, rng=make_rng(0, "tuning folds"))
    oracle = GridSearchCV(
        make_pipeline(StandardScaler(), Ridge()),
        {"ridge__alpha": ALGORITHMS["ridge"].grid["alpha"]},
        cv=[(fold.train, fold.test) for fold in folds],
        scoring="neg_mean_squared_error",
    ).fit(X, y)
    assert model.best_params_["alpha"] == oracle.best_params_["ridge__alpha"]
    np.testing.assert_allclose(model.predict(X), oracle.predict(X))
    np.testing.assert_allclose(model.errors_, -oracle.cv_results_["mean_test_score"], rtol=0.05)


def test_out_of_fold_predictions_have_not_seen_their_rows():
    X, y = sparse_cohort(p=100, n=60)
    model = TunedRegressor(grid={"alpha": [1e-3]}, n_folds=4).fit(X, y)
    fitted = np.corrcoef(model.predict(X), y)[0, 1]
    assert np.corrcoef(model.out_of_fold_, y)[0, 1] < 0.9 < fitted
    assert model.errors_[0] == pytest.approx(((model.out_of_fold_ - y) ** 2).mean())


def test_patients_stay_together():
    rng = np.random.default_rng(1)
    X = np.repeat(rng.normal(size=(25, 40)), 4, axis=0) + 0.01 * rng.normal(size=(100, 40))
    y = np.repeat(rng.normal(size=25), 4)
    apart = TunedRegressor().fit(X, y)
    together = TunedRegressor().fit(X, y, groups=np.repeat(np.arange(25), 4))
    assert together.errors_.min() > 5 * apart.errors_.min()


def test_fixed_settings_are_not_tuned_again():
    X, y = few_columns()
    model = TunedRegressor("support-vector", n_folds=3).fit(X, y)
    fixed = model.with_fixed_settings().fit(X, y)
    assert fixed.best_params_ == model.best_params_
    assert np.isnan(fixed.errors_).all()
    np.testing.assert_allclose(fixed.predict(X), model.predict(X))


def test_the_forest_is_tuned_small_and_fitted_large():
    X, y = few_columns()
    grid = {"max_features": ["sqrt"], "min_samples_leaf": [3]}
    model = TunedRegressor("random-forest", grid=grid, n_trees=31, n_trees_tuned=3, n_folds=2)
    assert model.fit(X, y).regressor_[-1].n_estimators == 31


def test_solver_warnings_are_kept_not_printed(recwarn):
    X, y = few_columns()
    flat = TunedRegressor("gaussian-process", tune=False).fit(
        X, np.random.default_rng(0).normal(size=len(y))
    )
    assert all("Convergence" not in str(w.category) for w in recwarn)
    assert isinstance(flat.notes_, tuple)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"algorithm": "rigde"}, UnknownName, "Did you mean 'ridge'"),
        ({"grid": {"lambda": [1.0]}}, InputError, "lambda"),
        ({"tune": False}, InputError, "15 cells are not tuned"),
        ({"n_folds": 100}, InputError, "100 folds were asked for"),
    ],
)
def test_refuses_what_cannot_be_tuned(arguments, error, message):
    with pytest.raises(error, match=message):
        TunedRegressor(**arguments).fit(*few_columns())
