import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import InputError, UnknownName
from mslens.stats.multiplicity import adjust_p


@pytest.mark.data
@pytest.mark.parametrize(
    ("method", "column"),
    [
        ("bonferroni", "bonf"),
        ("holm", "holm"),
        ("benjamini-hochberg", "BH"),
        ("benjamini-yekutieli", "BY"),
    ],
)
def test_reference_values(data_dir, method, column):
    table = pd.read_csv(data_dir / "reference_stats" / "p_adjust.csv")
    np.testing.assert_allclose(adjust_p(table["p"], method=method), table[column], rtol=1e-12)


@pytest.mark.parametrize("method", ["bonferroni", "holm", "benjamini-hochberg"])
def test_the_order_of_the_tests_does_not_matter(method):
    p = np.random.default_rng(0).random(20) ** 3
    order = np.random.default_rng(1).permutation(20)
    np.testing.assert_allclose(adjust_p(p, method=method)[order], adjust_p(p[order], method=method))


def test_holm_by_hand():
    np.testing.assert_allclose(adjust_p([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])


def test_refuses_impossible_p_and_unknown_methods():
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        adjust_p([0.5, 1.5])
    with pytest.raises(UnknownName, match="Did you mean 'holm'"):
        adjust_p([0.5], method="holmes")
