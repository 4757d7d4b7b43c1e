import numpy as np
import pytest
from scipy import stats

from mslens.core.errors import InputError
from mslens.stats.medians import compare_medians


def test_by_hand():
    # Grand median 3.5: 0 of 3 above in the first group, 3 of 3 in the second.
    result = compare_medians([1, 2, 3], [4, 5, 6], continuity=False)
    assert result.statistic == pytest.approx(6.0)
    assert result.estimate == -3


def test_is_scipy_for_three_groups_with_ties():
    rng = np.random.default_rng(0)
    groups = [rng.integers(0, 8, size=40) / 2 + shift for shift in (0, 0, 1)]
    oracle = stats.median_test(*groups, ties="below")
    result = compare_medians(*groups)
    assert result.p == pytest.approx(oracle.pvalue)
    assert result.estimate is None


def test_continuity_correction_lowers_the_statistic():
    a, b = np.arange(20), np.arange(20) + 4
    assert compare_medians(a, b).statistic < compare_medians(a, b, continuity=False).statistic


@pytest.mark.parametrize(
    ("groups", "message"),
    [(([1, 2],), "at least two"), (([1, 1], [1, 1]), "common median"), (([], [1.0]), "group 1")],
)
def test_refuses_groups_that_cannot_be_split(groups, message):
    with pytest.raises(InputError, match=message):
        compare_medians(*groups)
