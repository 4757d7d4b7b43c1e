import numpy as np
import pytest

from learn.cohorts import sparse_cohort
from mslens.core.errors import SettingsError
from mslens.learn.cfs import CorrelationSubset
from mslens.learn.collinearity import CollinearityFilter
from mslens.learn.funnel import SelectionFunnel, fix_settings
from mslens.learn.lasso import LassoSelection
from mslens.learn.tuned import TunedRegressor
from mslens.learn.variance import RangeScaledVariance


def wide(seed=0):
    X, y = sparse_cohort(seed, p=60)
    twin = X[:, :5] + 1e-3 * np.random.default_rng(seed).normal(size=(len(X), 5))
    return np.column_stack([np.ones(len(X)), X, twin]), y


def test_counts_what_each_step_leaves():
    X, y = wide()
    funnel = SelectionFunnel(
        [
            ("variance", RangeScaledVariance()),
            ("collinearity", CollinearityFilter()),
            ("lasso", LassoSelection()),
            ("cfs", CorrelationSubset()),
        ]
    ).fit(X, y)
    counts = list(funnel.counts_.values())
    assert list(funnel.counts_) == ["all", "variance", "collinearity", "lasso", "cfs"]
    assert counts[:3] == [66, 65, 60]
    assert counts[2] > counts[3] >= counts[4] >= 4
    assert funnel.transform(X).shape[1] == counts[-1]
    assert set(range(1, 5)) <= set(np.flatnonzero(funnel.support_))


def test_is_the_same_as_one_step_after_the_other():
    X, y = wide(1)
    funnel = SelectionFunnel().fit(X, y)
    first = RangeScaledVariance().fit_transform(X)
    second = CollinearityFilter().fit_transform(first)
    np.testing.assert_array_equal(funnel.transform(X), second)


def test_priority_of_the_whole_table_reaches_the_step_that_has_one():
    X, y = wide(2)
    priority = np.zeros(66)
    priority[61:] = 1.0
    kept = SelectionFunnel(priority=priority).fit(X, y).support_
    assert kept[61:].all()
    assert not kept[1:6].any()
    assert SelectionFunnel().fit(X, y).support_[1:6].all()


def test_fixed_settings_keep_the_penalty():
    X, y = wide(3)
    funnel = SelectionFunnel([("lasso", LassoSelection())]).fit(X, y)
    fixed = fix_settings(funnel)
    assert fixed.selectors[0][1].alpha == funnel.selectors_[0][1].alpha_
    np.testing.assert_array_equal(fixed.fit(X, y).support_, funnel.support_)


def test_an_estimator_without_tuned_settings_is_cloned():
    fitted = RangeScaledVariance(0.02).fit(wide()[0])
    fresh = fix_settings(fitted)
    assert fresh.threshold == 0.02
    assert not hasattr(fresh, "variances_")
    ridge = TunedRegressor(n_folds=3).fit(*wide(4))
    assert fix_settings(ridge).grid == {"alpha": [ridge.best_params_["alpha"]]}


def test_refuses_two_steps_of_one_name():
    twice = [("a", RangeScaledVariance()), ("a", CollinearityFilter())]
    with pytest.raises(SettingsError, match="different names"):
        SelectionFunnel(twice).fit(*wide())
