import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import InputError
from mslens.stats.ancova import compare_adjusted


def cohort(seed=0, n=120):
    rng = np.random.default_rng(seed)
    group = rng.choice(["site1", "site2"], size=n)
    age = rng.normal(40, 10, n) + 5 * (group == "site2")
    sex = rng.integers(0, 2, n)
    volume = 1100 - 3 * age + 40 * sex + 25 * (group == "site2") + rng.normal(0, 20, n)
    return volume, group, np.stack([age, sex], axis=1)


def test_finds_the_true_difference_that_the_covariate_hides():
    volume, group, covariates = cohort(n=4000)
    raw = volume[group == "site2"].mean() - volume[group == "site1"].mean()
    result = compare_adjusted(volume, group, covariates)
    assert abs(raw - 25) > 5
    assert result.difference == pytest.approx(25, abs=2.5)
    assert result.interval[0] < 25 < result.interval[1]
    assert result.adjusted_means["site2"] - result.adjusted_means["site1"] == pytest.approx(
        result.difference
    )


@pytest.mark.parametrize("n_groups", [2, 3])
def test_is_the_type_two_anova_of_statsmodels(n_groups):
    import statsmodels.formula.api as smf
    from statsmodels.stats.anova import anova_lm

    volume, _, covariates = cohort(3)
    group = np.random.default_rng(4).integers(0, n_groups, volume.size)
    table = pd.DataFrame({"v": volume, "g": group, "a": covariates[:, 0], "s": covariates[:, 1]})
    oracle = anova_lm(smf.ols("v ~ C(g) + a + s", table).fit(), typ=2).loc["C(g)"]
    result = compare_adjusted(volume, group, covariates)
    assert (result.f, result.p) == (pytest.approx(oracle["F"]), pytest.approx(oracle["PR(>F)"]))
    assert result.df_group == n_groups - 1
    assert (result.difference is None) == (n_groups == 3)


def test_interval_is_that_of_statsmodels():
    import statsmodels.formula.api as smf

    volume, group, covariates = cohort(5)
    table = pd.DataFrame({"v": volume, "g": group, "a": covariates[:, 0], "s": covariates[:, 1]})
    oracle = smf.ols("v ~ g + a + s", table).fit().conf_int().loc["g[T.site2]"]
    assert compare_adjusted(volume, group, covariates).interval == pytest.approx(tuple(oracle))


@pytest.mark.parametrize(
    ("values", "groups", "covariates", "message"),
    [
        ([1.0, 2, 3], ["a", "a", "a"], [1.0, 2, 3], "one group only"),
        ([1.0, 2, 3, 5], ["a", "a", "b", "b"], [0.0, 0, 1, 1], "determine the group"),
        ([1.0, 2, 3, 5], ["a", "a", "b", "b"], [0.0, 0, 1, np.nan], "covariate is NaN"),
        ([1.0, np.nan, 3, 5], ["a", "a", "b", "b"], [0.0, 3, 1, 1], "NaN"),
        ([1.0, 2, 3], ["a", "b"], [0.0, 3, 1], "groups has 2"),
    ],
)
def test_refuses_what_cannot_be_adjusted(values, groups, covariates, message):
    with pytest.raises(InputError, match=message):
        compare_adjusted(values, groups, covariates)
