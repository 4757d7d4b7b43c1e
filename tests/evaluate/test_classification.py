import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.evaluate.classification import score_classification


def test_by_hand():
    truth = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
    probability = [0.9, 0.8, 0.5, 0.1, 0.7, 0.4, 0.3, 0.2, 0.1, 0.0]
    scores = score_classification(truth, probability)
    assert (scores.true_positives, scores.false_positives) == (3, 1)
    assert (scores.false_negatives, scores.true_negatives) == (1, 5)
    assert scores.sensitivity == 0.75
    assert scores.specificity == pytest.approx(5 / 6)
    assert scores.positive_predictive_value == 0.75
    assert scores.negative_predictive_value == pytest.approx(5 / 6)
    assert scores.accuracy == 0.8
    assert scores.balanced_accuracy == pytest.approx((0.75 + 5 / 6) / 2)
    assert scores.f1 == 0.75


def test_brier_is_scikit_learn():
    from sklearn.metrics import brier_score_loss

    rng = np.random.default_rng(0)
    truth, p = rng.random(50) < 0.4, rng.random(50)
    assert score_classification(truth, p).brier == pytest.approx(brier_score_loss(truth, p))


def test_an_empty_denominator_is_nan():
    scores = score_classification([0, 0], [0.1, 0.2])
    assert np.isnan([scores.sensitivity, scores.positive_predictive_value, scores.f1]).all()


@pytest.mark.parametrize(
    ("truth", "p", "message"),
    [
        ([1, 0], [0.5], "one of each"),
        ([1, 0], [0.5, 1.2], "outside"),
        ([1, 0], [0.5, np.nan], "NaN"),
        ([2, 0], [0.5, 0.2], "neither 0 nor 1"),
        ([], [], "one of each"),
    ],
)
def test_refuses_what_cannot_be_scored(truth, p, message):
    with pytest.raises(InputError, match=message):
        score_classification(truth, p)
