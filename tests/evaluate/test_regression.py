from dataclasses import fields

import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.evaluate.regression import RegressionScores, bootstrap_regression, score_regression


def test_by_hand():
    # Errors -1, 0, 1; SSE 2, SST 8, r = 1 (predicted = 2 + (observed - 3) / 2 + ...).
    scores = score_regression([1.0, 3.0, 5.0], [2.0, 3.0, 4.0])
    assert scores.r == pytest.approx(1.0)
    assert scores.r_squared == pytest.approx(1.0)
    assert scores.determination == pytest.approx(1 - 2 / 8)
    assert scores.concordance == pytest.approx(2 * (4 / 3) / (8 / 3 + 2 / 3))
    assert scores.mean_absolute_error == pytest.approx(2 / 3)
    assert scores.root_mean_square_error == pytest.approx(np.sqrt(2 / 3))
    assert scores.bias == pytest.approx(0.0)
    assert (scores.slope, scores.intercept) == (pytest.approx(2.0), pytest.approx(-3.0))


def test_a_bias_that_r_hides_shows_in_every_other_score():
    y = np.random.default_rng(0).normal(size=100)
    biased = score_regression(y, y + 1)
    assert biased.r == pytest.approx(1.0)
    assert biased.bias == pytest.approx(1.0)
    assert biased.mean_absolute_error == pytest.approx(1.0)
    assert biased.determination < 0.1
    assert biased.concordance < 0.75
    assert biased.intercept == pytest.approx(-1.0)


def test_is_scikit_learn():
    from sklearn.metrics import mean_absolute_error, r2_score

    y, p = np.random.default_rng(1).normal(size=(2, 40))
    scores = score_regression(y, p)
    assert scores.determination == pytest.approx(r2_score(y, p))
    assert scores.mean_absolute_error == pytest.approx(mean_absolute_error(y, p))


def test_many_models_at_once():
    rng = np.random.default_rng(2)
    y, predictions = rng.normal(size=30), rng.normal(size=(2, 5, 30))
    together = score_regression(y, predictions)
    for field in fields(RegressionScores):
        alone = score_regression(y, predictions[1, 3])
        assert getattr(together, field.name)[1, 3] == pytest.approx(getattr(alone, field.name))


def test_a_constant_prediction_has_no_r_but_an_error():
    scores = score_regression([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    assert np.isnan([scores.r, scores.slope, scores.intercept]).all()
    assert scores.mean_absolute_error == pytest.approx(2 / 3)
    assert scores.determination == pytest.approx(0.0)


def test_bootstrap_covers_every_score_and_the_estimate():
    rng = np.random.default_rng(3)
    y = rng.normal(size=80)
    p = 0.7 * y + 0.5 * rng.normal(size=80)
    intervals = bootstrap_regression(y, p, rng=np.random.default_rng(4))
    assert set(intervals) == {field.name for field in fields(RegressionScores)}
    scores = score_regression(y, p)
    for name, interval in intervals.items():
        assert interval.estimate == pytest.approx(float(getattr(scores, name)))
        assert interval.low < interval.estimate < interval.high


@pytest.mark.parametrize(
    ("observed", "predicted", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0, 3.0], r"shape \(3,\) for 2"),
        ([1.0, np.nan], [1.0, 2.0], "NaN"),
        ([1.0, 2.0], [1.0, np.inf], "prediction is NaN"),
        ([1.0], [1.0], "at least 2"),
    ],
)
def test_refuses_what_cannot_be_scored(observed, predicted, message):
    with pytest.raises(InputError, match=message):
        score_regression(observed, predicted)
