import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError
from mslens.stats.proportions import compare_counts, compare_proportions, wilson_interval


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [((349, 500), (80, 104), 0.1555), ((72, 500), (20, 104), 0.2301)],
)
def test_fisher_on_the_two_sites(first, second, p):
    assert compare_counts(first, second).p == pytest.approx(p, abs=5e-5)


def test_pooled_z_of_the_specification():
    result = compare_proportions((225, 389), (1203, 4605), alternative="greater")
    assert result.statistic == pytest.approx(13.2938, abs=5e-5)
    assert 0 < result.p < 1e-30


def test_statsmodels_gives_the_same_test_and_interval():
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    result = compare_proportions((56, 70), (48, 80), alternative="two-sided")
    z, p = proportions_ztest([56, 48], [70, 80])
    assert (result.statistic, result.p) == (pytest.approx(z), pytest.approx(p))
    oracle = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert result.interval == pytest.approx(oracle, abs=1e-6)


@given(st.integers(1, 200), st.data())
def test_wilson_is_statsmodels(size, data):
    from statsmodels.stats.proportion import proportion_confint

    count = data.draw(st.integers(0, size))
    oracle = proportion_confint(count, size, method="wilson")
    assert wilson_interval(count, size) == pytest.approx(oracle, abs=1e-9)


@pytest.mark.parametrize("group", [(5, 4), (-1, 4), (0, 0)])
def test_refuses_impossible_counts(group):
    with pytest.raises(InputError, match=r" of "):
        compare_counts(group, (1, 2))


def test_refuses_two_groups_without_any():
    with pytest.raises(InputError, match="without any difference"):
        compare_proportions((0, 5), (0, 7))
