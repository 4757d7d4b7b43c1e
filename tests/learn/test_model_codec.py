import numpy as np
import pytest
from sklearn.linear_model import Lasso

from mslens.core.errors import InputError, SettingsError
from mslens.learn.combat import ComBat
from mslens.learn.covariates import CovariateZScore
from mslens.learn.model_codec import decode, encode
from mslens.learn.novelty import CohortLikeness
from mslens.learn.regressors import ALGORITHMS
from mslens.learn.tuned import TunedRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4))
Y = X[:, 0] + 0.3 * RNG.normal(size=40)
SMALL = {"max_features": ["sqrt"], "min_samples_leaf": [2]}


def through(value):
    arrays = {}
    return decode(encode(value, arrays), arrays)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -0.5,
        float("inf"),
        "text",
        [1, [2.0]],
        (1, "a"),
        {"a": (1, 2), 5: [None]},
        np.float32(0.1),
        np.int64(7),
        np.bool_(True),
    ],
)
def test_plain_values_come_back_as_they_were(value):
    found = through(value)
    assert found == value
    assert type(found) is type(value)


def test_arrays_keep_type_and_shape():
    for array in (X.astype(np.float32), np.arange(3), np.array(["a", "bc"], dtype=object)):
        found = through(array)
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype
    assert np.isnan(through(float("nan")))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_predicts_the_same(name):
    grid = SMALL if name == "random-forest" else None
    model = TunedRegressor(name, n_folds=2, grid=grid, n_trees=12, n_trees_tuned=3).fit(X, Y)
    np.testing.assert_array_equal(through(model).predict(X), model.predict(X))


@pytest.mark.parametrize(
    "transformer",
    [
        ComBat(0, covariate_columns=(1,)),
        CovariateZScore((1,)),
    ],
)
def test_transformers_transform_the_same(transformer):
    table = np.column_stack([np.arange(40) % 2, X])
    transformer.fit(table)
    np.testing.assert_array_equal(
        through(transformer).transform(table), transformer.transform(table)
    )


def test_likeness_compares_the_same():
    fitted = CohortLikeness().fit(X)
    np.testing.assert_array_equal(through(fitted).compare(X).p, fitted.compare(X).p)


def test_refuses_what_is_not_listed():
    with pytest.raises(SettingsError, match=r"Lasso cannot be saved"):
        encode(Lasso(), {})
    with pytest.raises(SettingsError, match="array of objects"):
        encode(np.array([print], dtype=object), {})
    with pytest.raises(InputError, match="'Popen'"):
        decode({"@object": "Popen", "state": {"args": "rm"}}, {})
    with pytest.raises(InputError, match="lacks its array"):
        decode({"@array": "a9"}, {})


@pytest.mark.parametrize("child", [10_000, 0])
def test_refuses_a_tree_that_points_outside_of_itself_or_back(child):
    model = TunedRegressor("random-forest", n_folds=2, grid=SMALL, n_trees=1, n_trees_tuned=1)
    arrays = {}
    data = encode(model.fit(X, Y), arrays)
    broken = {name: array.copy() for name, array in arrays.items()}
    for array in broken.values():
        if array.dtype.names:
            array["left_child"][0] = child
    with pytest.raises(InputError, match="decision tree of the model is damaged"):
        decode(data, broken)
