import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.learn.selection_frequency import count_selections


def test_shares_by_hand():
    found = count_selections([["b", "a"], ["a"], ["a", "c"], ["b", "a"]], n_columns=10)
    assert found.names == ("a", "b", "c")
    np.testing.assert_allclose(found.share, [1.0, 0.5, 0.25])


def test_the_same_columns_everywhere_are_stable():
    found = count_selections([["a", "b"]] * 6, n_columns=20)
    assert found.stability == pytest.approx(1.0)
    assert found.interval == (pytest.approx(1.0), pytest.approx(1.0))


def test_random_columns_are_not():
    rng = np.random.default_rng(0)
    names = np.array([f"x{i}" for i in range(100)])
    found = count_selections(
        [rng.choice(names, 10, replace=False) for _ in range(200)], n_columns=100
    )
    assert found.stability == pytest.approx(0.0, abs=0.02)
    assert found.interval[0] < 0 < found.interval[1] + 0.02


def test_interval_covers_the_stability_of_many_selections():
    rng = np.random.default_rng(1)
    chance = np.r_[np.full(5, 0.9), np.full(5, 0.4), np.full(40, 0.05)]

    def draw(n):
        return [[f"x{i}" for i in np.flatnonzero(rng.random(50) < chance)] for _ in range(n)]

    truth = count_selections(draw(20_000), n_columns=50).stability
    hits = []
    for _ in range(150):
        low, high = count_selections(draw(40), n_columns=50).interval
        hits.append(low < truth < high)
    assert 0.88 < np.mean(hits) <= 1.0


def test_one_selection_has_no_stability():
    assert np.isnan(count_selections([["a"]], n_columns=3).stability)


@pytest.mark.parametrize(
    ("selections", "message"),
    [([], "no selection"), ([["a", "a"]], "twice"), ([["a", "b"], ["c"]], "3 columns")],
)
def test_refuses_impossible_selections(selections, message):
    with pytest.raises(InputError, match=message):
        count_selections(selections, n_columns=2)
