"""scikit-learn's own contract suite, run on every estimator of the package."""

import warnings

import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.utils.estimator_checks import estimator_checks_generator

from mslens.learn.cfs import CorrelationSubset
from mslens.learn.collinearity import CollinearityFilter
from mslens.learn.column_choice import ColumnChoice
from mslens.learn.combat import ComBat
from mslens.learn.covariates import CovariateZScore
from mslens.learn.factors import SparseFactors
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.lasso import LassoSelection
from mslens.learn.novelty import CohortLikeness
from mslens.learn.stacking import StackedRegressor
from mslens.learn.tuned import TunedRegressor
from mslens.learn.variance import RangeScaledVariance

SMALL_FOREST = TunedRegressor(
    "random-forest",
    n_folds=2,
    grid={"max_features": ["sqrt"], "min_samples_leaf": [1, 3]},
    n_trees=4,
    n_trees_tuned=2,
)
SMALL_RIDGE = TunedRegressor(n_folds=2, grid={"alpha": [1.0, 100.0]})
SMALL_SUPPORT_VECTOR = TunedRegressor(
    "support-vector", n_folds=2, grid={"C": [1.0, 8.0], "epsilon": [0.1], "gamma_scale": [0.5]}
)
ESTIMATORS = {
    "variance": RangeScaledVariance(),
    "collinearity-triu": CollinearityFilter(),
    "collinearity-greedy": CollinearityFilter(method="greedy"),
    "column-choice": ColumnChoice(),
    "lasso": LassoSelection(n_folds=3, n_alphas=20),
    "lasso-1se": LassoSelection(n_folds=3, n_alphas=20, rule="1se"),
    "cfs": CorrelationSubset(),
    "cfs-greedy": CorrelationSubset(merit="textbook", search="greedy-stepwise"),
    "combat": ComBat(),
    "covariates": CovariateZScore(covariate_columns=(0,)),
    "factors": SparseFactors(),
    "funnel": SelectionFunnel(),
    "funnel-supervised": SelectionFunnel(
        [("lasso", LassoSelection(n_folds=3, n_alphas=20)), ("cfs", CorrelationSubset())]
    ),
    "likeness": CohortLikeness(),
    "ridge": SMALL_RIDGE,
    "gaussian-process": TunedRegressor("gaussian-process", tune=False),
    "support-vector": SMALL_SUPPORT_VECTOR,
    "random-forest": SMALL_FOREST,
    "stack": StackedRegressor([("ridge", SMALL_RIDGE)], n_folds=2),
}


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_estimator_keeps_the_contract(name):
    failed = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        for estimator, check in estimator_checks_generator(ESTIMATORS[name]):
            try:
                check(estimator)
            except pytest.skip.Exception:
                continue
            except Exception as error:  # noqa: BLE001
                if type(error).__name__ != "SkipTest":
                    failed.append(f"{check}: {error!r}")
    assert not failed, "\n".join(failed)
