import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError
from mslens.stats.kappa import measure_kappa


def test_worked_example():
    assert measure_kappa([[20, 5], [10, 15]]).kappa == pytest.approx(0.4)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["none", "linear", "quadratic"]))
def test_is_statsmodels(seed, weights):
    from statsmodels.stats.inter_rater import cohens_kappa

    counts = np.random.default_rng(seed).integers(1, 30, size=(3, 3))
    oracle = cohens_kappa(counts, wt=None if weights == "none" else weights)
    result = measure_kappa(counts, weights=weights)
    assert result.kappa == pytest.approx(oracle.kappa)
    assert result.standard_error == pytest.approx(oracle.std_kappa)


def test_one_class_only_is_undefined():
    assert np.isnan(measure_kappa([[9, 0], [0, 0]]).kappa)


@pytest.mark.parametrize("counts", [[[1, 2, 3]], [[0, 0], [0, 0]], [[1, -1], [1, 1]], [[3]]])
def test_refuses_what_is_no_table(counts):
    with pytest.raises(InputError, match="table"):
        measure_kappa(counts)
