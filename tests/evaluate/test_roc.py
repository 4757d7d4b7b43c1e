import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError
from mslens.evaluate.roc import average_roc, trace_roc
from mslens.stats.delong import compare_aucs


def test_by_hand_with_a_tie():
    curve = trace_roc([1, 1, 0, 1, 0], [0.9, 0.7, 0.7, 0.4, 0.1])
    np.testing.assert_allclose(curve.false_positive_rate, [0, 0, 0.5, 0.5, 1])
    np.testing.assert_allclose(curve.true_positive_rate, [0, 1 / 3, 2 / 3, 1, 1])
    np.testing.assert_allclose(curve.threshold, [np.inf, 0.9, 0.7, 0.4, 0.1])


@given(st.integers(0, 2**32 - 1))
def test_area_below_the_curve_is_the_auc(seed):
    rng = np.random.default_rng(seed)
    truth, score = np.arange(30) < 11, rng.integers(0, 8, size=30).astype(float)
    curve = trace_roc(truth, score)
    area = np.trapezoid(curve.true_positive_rate, curve.false_positive_rate)
    assert area == pytest.approx(compare_aucs(truth, score).auc[0])


def test_mean_area_is_the_mean_of_the_folds():
    rng = np.random.default_rng(0)
    folds = [(np.arange(40) < 15, rng.normal(size=40) + np.arange(40) * -0.03) for _ in range(4)]
    mean = average_roc(folds)
    expected = np.mean([compare_aucs(*fold).auc[0] for fold in folds])
    assert mean.auc == pytest.approx(expected)
    assert mean.true_positive_rate[-1] == 1
    assert (np.diff(mean.true_positive_rate) >= 0).all()


def test_step_interpolation_of_one_fold():
    mean = average_roc([([1, 1, 0, 0], [4.0, 2.0, 3.0, 1.0])], n_points=5)
    np.testing.assert_allclose(mean.true_positive_rate, [0.5, 0.5, 1.0, 1.0, 1.0])
    np.testing.assert_array_equal(mean.spread, 0)


@pytest.mark.parametrize(
    ("truth", "scores", "message"),
    [([1, 1], [1.0, 2.0], "one class"), ([1, 0], [1.0, np.nan], "NaN"), ([1, 0], [1.0], "fit")],
)
def test_refuses_what_has_no_curve(truth, scores, message):
    with pytest.raises(InputError, match=message):
        trace_roc(truth, scores)


def test_refuses_no_fold():
    with pytest.raises(InputError, match="no fold"):
        average_roc([])
