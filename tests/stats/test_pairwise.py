import numpy as np
import pytest
from scipy import stats

from mslens.core.errors import InputError
from mslens.stats.pairwise import compare_pairs


def test_is_the_paired_t_test_of_every_pair():
    table = np.random.default_rng(0).normal(size=(25, 4)) + np.array([0.0, 0.1, 0.5, 1.0])
    result = compare_pairs(table)
    assert result.pairs == ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    for place, (i, j) in enumerate(result.pairs):
        oracle = stats.ttest_rel(table[:, i], table[:, j])
        assert result.t[place] == pytest.approx(oracle.statistic)
        assert result.p[place] == pytest.approx(oracle.pvalue)
        assert result.p_bonferroni[place] == pytest.approx(min(1, 6 * oracle.pvalue))


def test_many_tables_at_once():
    tables = np.random.default_rng(1).normal(size=(5, 12, 3))
    together = compare_pairs(tables)
    assert together.t.shape == (5, 3)
    np.testing.assert_allclose(together.p[3], compare_pairs(tables[3]).p)


def test_columns_that_agree_do_not_differ():
    column = np.arange(5.0)
    result = compare_pairs(np.stack([column, column], axis=1))
    assert (result.t[0], result.p[0]) == (0.0, 1.0)


def test_refuses_one_method():
    with pytest.raises(InputError, match="two methods"):
        compare_pairs(np.ones((5, 1)))
