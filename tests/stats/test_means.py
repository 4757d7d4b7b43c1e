import numpy as np
import pytest
from scipy import stats

from mslens.core.errors import InputError
from mslens.stats.means import compare_means


def test_student_by_hand():
    # Means 2 and 4, pooled variance 1, so t = -2 / sqrt(2/3).
    result = compare_means([1, 2, 3], [3, 4, 5])
    assert result.statistic == pytest.approx(-2 / np.sqrt(2 / 3))
    assert result.df == (4.0,)
    assert result.estimate == -2
    reach = stats.t.ppf(0.975, 4) * np.sqrt(2 / 3)
    np.testing.assert_allclose(result.interval, (-2 - reach, -2 + reach))


def test_welch_on_error_indicators_is_scipy():
    a, b = np.r_[np.ones(30), np.zeros(70)], np.r_[np.ones(90), np.zeros(110)]
    oracle = stats.ttest_ind(a, b, equal_var=False)
    result = compare_means(a, b, variances="unequal")
    assert (result.p, result.statistic) == (
        pytest.approx(oracle.pvalue),
        pytest.approx(oracle.statistic),
    )
    assert result.method == "Welch's t test"


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [([1.0], [1.0, 2.0], "first group has 1"), ([1.0, 1.0], [2.0, 2.0], "neither group varies")],
)
def test_refuses_groups_without_spread(a, b, message):
    with pytest.raises(InputError, match=message):
        compare_means(a, b)
