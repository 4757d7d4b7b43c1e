import numpy as np
import pytest
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

from learn.cohorts import sparse_cohort
from mslens.core.errors import InputError
from mslens.learn.stacking import StackedRegressor, fit_stack
from mslens.learn.tuned import TunedRegressor


def test_finds_the_weights_that_made_the_target():
    rng = np.random.default_rng(0)
    table = rng.normal(size=(500, 3))
    found = fit_stack(table, 2 + table @ [0.7, 0.0, 0.3] + 0.01 * rng.normal(size=500))
    np.testing.assert_allclose(found.weights, [0.7, 0.0, 0.3], atol=0.01)
    assert found.intercept == pytest.approx(2, abs=0.01)


def test_a_harmful_model_gets_no_weight_and_useless_ones_leave_the_mean():
    y = np.arange(50.0)
    np.testing.assert_allclose(fit_stack(np.stack([y, -y], axis=1), y).weights, [1, 0])
    useless = fit_stack(-y[:, None], y)
    assert useless.weights.tolist() == [0.0]
    np.testing.assert_allclose(useless.join(-y[:, None]), y.mean())


def test_weighs_the_good_and_not_the_overfitted():
    X, y = sparse_cohort(p=30, n=150)
    stack = StackedRegressor(
        [
            ("ridge", Ridge()),
            ("tree", DecisionTreeRegressor(random_state=0)),
            ("mean", DummyRegressor()),
        ]
    ).fit(X[:110], y[:110])
    ridge, tree = stack.weights_.weights[:2]
    assert ridge > 0.7
    assert tree < 0.3
    error = np.abs(stack.predict(X[110:]) - y[110:]).mean()
    alone = [np.abs(m.predict(X[110:]) - y[110:]).mean() for _, m in stack.estimators_]
    assert error < 1.05 * min(alone)


def test_patients_stay_together_and_settings_are_tuned_once():
    rng = np.random.default_rng(1)
    X = np.repeat(rng.normal(size=(20, 30)), 3, axis=0) + 0.01 * rng.normal(size=(60, 30))
    y = np.repeat(rng.normal(size=20), 3)
    patients = np.repeat(np.arange(20), 3)
    members = [("ridge", TunedRegressor(n_folds=4))]
    together = StackedRegressor(members, n_folds=4).fit(X, y, groups=patients)
    apart = StackedRegressor(members, n_folds=4).fit(X, y)
    error = [((s.out_of_fold_[:, 0] - y) ** 2).mean() for s in (together, apart)]
    assert error[0] > 5 * error[1]


def test_refuses_a_missing_prediction():
    with pytest.raises(InputError, match="NaN"):
        fit_stack([[np.nan]], [1.0])
