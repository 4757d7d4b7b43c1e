import numpy as np
import pytest

from learn.cohorts import sparse_cohort
from mslens.core.errors import InputError
from mslens.evaluate.folds import make_folds
from mslens.learn import lasso_path
from mslens.learn.lasso_path import LassoPath, largest_alpha, solve_lasso, trace_lasso


def test_nothing_is_left_at_the_largest_alpha_and_something_just_below():
    X, y = sparse_cohort()
    X = X * 50 + 3
    alpha = largest_alpha(X, y)
    scaled = np.asfortranarray((X - X.mean(axis=0)) / X.std(axis=0))
    found, _ = solve_lasso(
        scaled, y - y.mean(), alphas=np.array([1.0001, 0.98]) * alpha, tolerance=1e-8
    )
    assert not found[:, 0].any()
    assert (found[:, 1] != 0).sum() == 1


def test_errors_are_those_of_scikit_learn_fold_by_fold():
    from sklearn.linear_model import Lasso
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y = sparse_cohort(p=60)
    folds = make_folds(y, n_folds=3, rng=np.random.default_rng(0))
    path = trace_lasso(X, y, folds=folds, n_alphas=30, smallest_share=0.05, tolerance=1e-7)
    for place in (0, 7, 15):
        for number, fold in enumerate(folds):
            oracle = make_pipeline(StandardScaler(), Lasso(path.alphas[place], tol=1e-8))
            oracle.fit(X[fold.train], y[fold.train])
            error = ((oracle.predict(X[fold.test]) - y[fold.test]) ** 2).mean()
            assert path.squared_error[place, number] == pytest.approx(error, rel=1e-4)


def test_columns_outside_the_first_working_set_join(monkeypatch):
    """With 5 columns to start from, the solution is the one of all 300."""
    X, y = sparse_cohort()
    scaled = np.asfortranarray((X - X.mean(axis=0)) / X.std(axis=0))
    alphas = largest_alpha(X, y) * np.geomspace(1, 0.05, 12)
    whole, _ = solve_lasso(scaled, y - y.mean(), alphas=alphas, tolerance=1e-8)
    monkeypatch.setattr(lasso_path, "_WORKING", 5)
    found, unconverged = solve_lasso(scaled, y - y.mean(), alphas=alphas, tolerance=1e-8)
    assert (found[:, -1] != 0).sum() > 20
    assert unconverged == 0
    np.testing.assert_allclose(found, whole, atol=1e-5)
    single, _ = solve_lasso(scaled.astype(np.float32), y - y.mean(), alphas=alphas, tolerance=1e-8)
    np.testing.assert_allclose(single, whole, atol=1e-3)


def test_the_path_stops_once_the_error_rises():
    X, y = sparse_cohort(noise=2.0)
    folds = make_folds(y, n_folds=4, rng=np.random.default_rng(1))
    path = trace_lasso(X, y, folds=folds)
    assert path.alphas.size < 100
    assert path.squared_error.shape == (path.alphas.size, 4)
    full = trace_lasso(X, y, folds=folds, n_alphas=50, smallest_share=0.03)
    chosen = full.alphas[full.choose(rule="min")]
    assert path.alphas[path.choose(rule="min")] == pytest.approx(chosen, rel=0.1)


def test_one_standard_error_rule_by_hand():
    errors = np.array([[3.0, 3.0], [1.9, 2.1], [1.5, 2.3], [1.0, 2.0], [4.0, 4.0]])
    path = LassoPath(np.arange(5.0, 0, -1), errors, 0)
    # Smallest mean 1.5 with standard error .5: the first mean within 2.0 is the second.
    assert (path.choose(rule="min"), path.choose(rule="1se")) == (3, 1)


def test_single_precision_gives_the_same_errors():
    X, y = sparse_cohort()
    folds = make_folds(y, n_folds=3, rng=np.random.default_rng(2))
    double = trace_lasso(X, y, folds=folds, n_alphas=20, smallest_share=0.1)
    single = trace_lasso(X.astype(np.float32), y, folds=folds, n_alphas=20, smallest_share=0.1)
    np.testing.assert_allclose(single.squared_error, double.squared_error, rtol=1e-2)


@pytest.mark.parametrize("constant", ["target", "columns"])
def test_refuses_what_has_no_path(constant):
    X, y = sparse_cohort()
    X, y = (X, np.ones_like(y)) if constant == "target" else (np.ones_like(X), y)
    folds = make_folds(np.arange(len(y)), n_folds=3, rng=np.random.default_rng(0))
    with pytest.raises(InputError, match="constant"):
        trace_lasso(X, y, folds=folds)
