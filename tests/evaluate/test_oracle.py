import numpy as np
import pytest

from mslens.evaluate.leakage import LeakageError
from mslens.evaluate.oracle import compare_with_oracle


def clinic(seed, n=400):
    rng = np.random.default_rng(seed)
    signal, noise, blur = rng.normal(size=(3, n))
    return signal + 0.75 * noise, signal + 0.4 * blur, signal


def test_ratio_is_that_of_the_two_correlations():
    observed, predicted, oracle = clinic(0)
    result = compare_with_oracle(observed, predicted, oracle, rng=np.random.default_rng(1))
    expected = np.corrcoef(observed, predicted)[0, 1] / np.corrcoef(observed, oracle)[0, 1]
    assert result.ratio == pytest.approx(expected)
    assert result.low < 1 / np.sqrt(1.16) < result.high
    assert result.r_model == pytest.approx(result.ratio * result.r_oracle)


def test_the_oracle_itself_is_no_leak():
    observed, _, oracle = clinic(2)
    result = compare_with_oracle(observed, oracle, oracle, rng=np.random.default_rng(3))
    assert result.ratio == pytest.approx(1.0)


def test_a_model_that_has_seen_the_target_is_refused():
    observed, _, oracle = clinic(4)
    cheat = observed + 0.1 * np.random.default_rng(5).normal(size=observed.size)
    with pytest.raises(LeakageError, match="of the oracle, beyond chance"):
        compare_with_oracle(observed, cheat, oracle, rng=np.random.default_rng(6))
