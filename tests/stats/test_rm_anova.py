import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError
from mslens.stats.rm_anova import analyse_repeated_measures

# The complete rows of a published worked example (pingouin's `rm_anova_wide`).
WORKED_EXAMPLE = [
    [4.3, 5.3, 4.8, 6.3],
    [3.9, 2.3, 5.6, 4.3],
    [5.1, 4.2, 6.0, 6.3],
    [3.8, 3.6, 4.8, 6.8],
    [3.8, 5.4, 5.1, 6.3],
    [4.5, 3.0, 7.7, 5.8],
    [3.7, 7.1, 5.5, 4.8],
    [4.4, 4.7, 4.2, 5.5],
    [3.7, 3.0, 4.0, 7.1],
]


def test_worked_example():
    result = analyse_repeated_measures(WORKED_EXAMPLE)
    assert result.f == pytest.approx(5.200652, abs=5e-7)
    assert result.epsilon == pytest.approx(0.694329, abs=5e-7)
    assert result.p == pytest.approx(0.006557, abs=5e-7)
    assert result.p_corrected == pytest.approx(0.016699, abs=5e-7)
    assert result.partial_eta_squared == pytest.approx(0.393969, abs=5e-7)
    assert (result.df_effect, result.df_error) == (3, 24)


def test_two_methods_are_a_paired_t_test():
    from scipy import stats

    table = np.random.default_rng(0).normal(size=(20, 2))
    result = analyse_repeated_measures(table)
    t = stats.ttest_rel(table[:, 0], table[:, 1])
    assert result.f == pytest.approx(t.statistic**2)
    assert result.p_corrected == pytest.approx(t.pvalue)
    assert result.epsilon == pytest.approx(1.0)


def test_epsilon_is_that_of_the_double_centred_covariance():
    table = np.random.default_rng(1).normal(size=(30, 4)) * [1, 2, 3, 4]
    covariance = np.cov(table.T)
    centre = np.eye(4) - 0.25
    doubly = centre @ covariance @ centre
    expected = np.trace(doubly) ** 2 / (3 * (doubly**2).sum())
    assert analyse_repeated_measures(table).epsilon == pytest.approx(expected)


def test_many_at_once_are_the_same_one_by_one():
    tables = np.random.default_rng(2).normal(size=(3, 2, 10, 4))
    together = analyse_repeated_measures(tables)
    for index in np.ndindex(3, 2):
        alone = analyse_repeated_measures(tables[index])
        for name in ("f", "p", "epsilon", "p_corrected", "partial_eta_squared"):
            assert getattr(together, name)[index] == pytest.approx(getattr(alone, name))


@given(st.integers(0, 2**32 - 1), st.floats(-5, 5), st.floats(0.1, 10))
def test_shifting_subjects_and_scaling_changes_nothing(seed, shift, scale):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(8, 3))
    moved = scale * (table + shift * rng.normal(size=(8, 1)))
    a, b = analyse_repeated_measures(table), analyse_repeated_measures(moved)
    assert b.f == pytest.approx(float(a.f), rel=1e-6)
    assert b.epsilon == pytest.approx(float(a.epsilon), rel=1e-6)


def test_methods_that_agree_everywhere_have_no_f():
    assert np.isnan(analyse_repeated_measures(np.repeat([[1.0], [2.0]], 3, axis=1)).f)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.ones((1, 4)), "shape"),
        (np.ones((4, 1)), "shape"),
        ([[1.0, np.nan], [1.0, 2.0]], r"1 subject\(s\)"),
    ],
)
def test_refuses_incomplete_tables(table, message):
    with pytest.raises(InputError, match=message):
        analyse_repeated_measures(table)
