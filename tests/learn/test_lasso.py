import numpy as np
import pytest

from learn.cohorts import sparse_cohort
from mslens.core.errors import InputError, SettingsError
from mslens.learn.lasso import LassoSelection


def test_finds_the_columns_that_make_the_target():
    X, y = sparse_cohort(n=200)
    strict = LassoSelection(rule="1se").fit(X, y)
    assert strict.get_support()[:4].all()
    assert strict.get_support().sum() < 25
    loose = LassoSelection().fit(X, y)
    assert loose.alpha_ <= strict.alpha_


def test_the_final_fit_is_scikit_learn_at_the_same_penalty():
    from sklearn.linear_model import Lasso

    X, y = sparse_cohort()
    X = X * np.linspace(0.1, 30, X.shape[1]) - 7
    ours = LassoSelection(n_folds=3).fit(X, y)
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    oracle = Lasso(ours.alpha_, tol=1e-9, max_iter=100_000).fit(scaled, y)
    np.testing.assert_allclose(ours.coef_ * X.std(axis=0), oracle.coef_, atol=2e-3)
    np.testing.assert_array_equal(ours.get_support(), oracle.coef_ != 0)
    np.testing.assert_allclose(ours.predict(X), oracle.predict(scaled), atol=5e-3)


def test_a_given_penalty_is_used_as_it_is():
    X, y = sparse_cohort()
    chosen = LassoSelection().fit(X, y)
    again = chosen.with_fixed_settings().fit(X, y)
    assert again.alpha_ == chosen.alpha_
    assert again.alphas_.size == 0
    np.testing.assert_allclose(again.coef_, chosen.coef_, atol=1e-3)


def test_patients_stay_together():
    """Four scans of each patient: with scans apart, LASSO would learn patients by heart."""
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(30, 300)), 4, axis=0) + 0.01 * rng.normal(size=(120, 300))
    y = np.repeat(rng.normal(size=30), 4)
    apart = LassoSelection().fit(X, y)
    together = LassoSelection().fit(X, y, groups=np.repeat(np.arange(30), 4))
    assert together.alpha_ > 3 * apart.alpha_
    assert together.squared_error_.mean(axis=1).min() > 5 * apart.squared_error_.mean(axis=1).min()


def test_a_null_target_keeps_one_column_but_predicts_the_mean():
    rng = np.random.default_rng(5)
    kept = []
    for _ in range(8):
        X, y = rng.normal(size=(60, 200)), rng.normal(size=60)
        selector = LassoSelection(rule="1se").fit(X, y)
        assert selector.get_support().sum() >= 1
        if not selector.coef_.any():
            kept.append(np.flatnonzero(selector.get_support()))
            strongest = np.argmax(np.abs([np.corrcoef(x, y)[0, 1] for x in X.T]))
            assert kept[-1].tolist() == [strongest]
            np.testing.assert_allclose(selector.predict(X), y.mean())
    assert kept


def test_the_same_seed_gives_the_same_penalty():
    X, y = sparse_cohort(3)
    a, b = (LassoSelection(random_state=4).fit(X, y).alpha_ for _ in range(2))
    assert a == b


def test_refuses_more_folds_than_patients_and_unknown_rules():
    X, y = sparse_cohort(n=12)
    with pytest.raises(InputError, match="3 patient"):
        LassoSelection(n_folds=5).fit(X, y, groups=np.arange(12) % 3)
    with pytest.raises(SettingsError, match="rule"):
        LassoSelection(rule="2se").fit(X, y)
