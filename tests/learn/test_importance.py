import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.learn.importance import permute_importance

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 4))
WEIGHTS = np.array([3.0, 1.0, 0.0, 1.0])


def predict(rows):
    return rows @ WEIGHTS


def importance(groups, seed=1, **more):
    return permute_importance(
        predict, X, predict(X), groups=groups, rng=np.random.default_rng(seed), **more
    )


def test_order_and_size_are_those_of_the_weights():
    found = importance({"weak": [1], "none": [2], "strong": [0]})
    assert found.names == ("strong", "weak", "none")
    # abs(difference of two shuffled normals) has mean 2 / sqrt(pi).
    np.testing.assert_allclose(found.rise, np.array([3, 1, 0]) * 2 / np.sqrt(np.pi), rtol=0.05)
    assert found.rise[2] == 0
    assert found.error == 0


def test_a_group_is_shuffled_together():
    both = importance({"pair": [1, 3]}).rise[0]
    assert both == pytest.approx(np.sqrt(2) * importance({"one": [1]}).rise[0], rel=0.08)


def test_columns_that_cancel_keep_their_tie_when_shuffled_together():
    table = np.column_stack([X[:, 0], X[:, 0]])
    found = permute_importance(
        lambda rows: rows[:, 0] - rows[:, 1],
        table,
        np.zeros(400),
        groups={"alone": [0], "together": [0, 1]},
        rng=np.random.default_rng(2),
    )
    assert dict(zip(found.names, found.rise, strict=True))["together"] == pytest.approx(0.0)
    assert found.names[0] == "alone"


def test_the_input_is_left_as_it_is():
    before = X.copy()
    importance({"a": [0]}, n_repeats=3)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize("groups", [{}, {"a": []}, {"a": [4]}, {"a": [-1]}])
def test_refuses_groups_without_columns(groups):
    with pytest.raises(InputError, match="groups"):
        importance(groups)
