import numpy as np
import pytest
from sklearn.model_selection import ParameterGrid

from mslens.learn.regressors import ALGORITHMS, Context, build_regressor


def test_grids_are_small_and_inside_their_ranges():
    ridge = ALGORITHMS["ridge"].grid["alpha"]
    assert min(ridge) == pytest.approx(1e-3)
    assert max(ridge) == pytest.approx(1e4)
    vector = ALGORITHMS["support-vector"].grid
    assert 2**-5 <= min(vector["C"]) <= max(vector["C"]) <= 2**10
    assert 0.05 <= min(vector["epsilon"]) <= max(vector["epsilon"]) <= 0.5
    assert 2**-4 <= min(vector["gamma_scale"]) <= max(vector["gamma_scale"]) <= 2**4
    assert set(ALGORITHMS["random-forest"].grid["min_samples_leaf"]) == {1, 3, 5, 10}
    for algorithm in ALGORITHMS.values():
        assert len(ParameterGrid(dict(algorithm.grid))) <= 20


@pytest.mark.parametrize("name", ALGORITHMS)
def test_every_algorithm_learns_a_line_in_any_unit(name):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    y = 3 + X[:, 0] - 0.5 * X[:, 1] + 0.2 * rng.normal(size=120)
    cell = {key: values[len(values) // 2] for key, values in ALGORITHMS[name].grid.items()}
    if name == "ridge":
        cell = {"alpha": 1.0}
    context = Context(3, 0, 60, 1)
    plain = build_regressor(name, cell, context).fit(X[:90], y[:90]).predict(X[90:])
    scaled = X * [1e3, 1e-3, 1.0] + 50
    other = build_regressor(name, cell, context).fit(scaled[:90], y[:90]).predict(scaled[90:])
    assert np.corrcoef(plain, y[90:])[0, 1] > 0.8
    np.testing.assert_allclose(plain, other, atol=0.05)
