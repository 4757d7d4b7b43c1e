import numpy as np
import pytest
from sklearn.feature_selection import SelectFromModel
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mslens.evaluate.leakage import LeakageError
from mslens.learn.funnel import SelectionFunnel
from mslens.learn.guard import refuse_fitted, refuse_repeated_rows
from mslens.learn.tuned import TunedRegressor
from mslens.learn.variance import RangeScaledVariance

X = np.random.default_rng(0).normal(size=(20, 3))


def test_unfitted_estimators_pass():
    refuse_fitted({"scale": StandardScaler(), "ridge": TunedRegressor(), "f": SelectionFunnel()})


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (StandardScaler().fit(X), r"model \(StandardScaler\)"),
        (make_pipeline(StandardScaler().fit(X), Ridge()), r"model\..*\(StandardScaler\)"),
        (FrozenEstimator(StandardScaler().fit(X)), r"\(FrozenEstimator\)"),
        (make_pipeline(FrozenEstimator(StandardScaler().fit(X)), Ridge()), "FrozenEstimator"),
        (SelectFromModel(Ridge(), prefit=True), r"\(SelectFromModel\)"),
        (SelectionFunnel([("variance", RangeScaledVariance().fit(X))]), "RangeScaledVariance"),
    ],
)
def test_names_what_was_fitted_before(estimator, name):
    with pytest.raises(LeakageError, match=name):
        refuse_fitted({"clean": Ridge(), "model": estimator})


def test_names_patients_that_share_a_row():
    refuse_repeated_rows(np.vstack([X, X[:1]]), [*map(str, range(20)), "0"])
    with pytest.raises(LeakageError, match="3 = copy"):
        refuse_repeated_rows(np.vstack([X, X[3:4]]), [*map(str, range(20)), "copy"])
