import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.learn.novelty import CohortLikeness


def cohort(seed, n):
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(0).normal(size=(6, 6))
    return rng.normal(size=(n, 6)) @ mix * [1, 10, 100, 1, 1, 1] + 50


def test_p_of_people_like_the_cohort_is_uniform():
    fitted = CohortLikeness().fit(cohort(1, 300))
    p = fitted.compare(cohort(2, 500)).p
    assert np.mean(p <= 0.1) == pytest.approx(0.1, abs=0.05)
    assert np.mean(p) == pytest.approx(0.5, abs=0.06)


def test_an_unusual_combination_of_usual_values_is_unlike():
    rng = np.random.default_rng(3)
    x = rng.normal(size=200)
    fitted = CohortLikeness().fit(np.column_stack([x, x + 0.1 * rng.normal(size=200)]))
    like = fitted.compare([[1.5, -1.5], [1.5, 1.5]])
    assert like.p[0] < 0.01 < like.p[1]
    assert not like.outside.any()


def test_values_outside_the_training_range_are_named():
    train = cohort(4, 100)
    new = train[:2].copy()
    new[1, 3] = 1e6
    like = CohortLikeness().fit(train).compare(new)
    assert np.argwhere(like.outside).tolist() == [[1, 3]]
    assert like.p[1] == pytest.approx(1 / 101)


def test_a_constant_column_is_no_trouble():
    train = np.column_stack([cohort(5, 40), np.ones(40)])
    assert np.isfinite(CohortLikeness().fit(train).compare(train).p).all()


def test_refuses_fewer_rows_than_folds():
    with pytest.raises(InputError, match="there are 3 patient"):
        CohortLikeness().fit(cohort(6, 3))
