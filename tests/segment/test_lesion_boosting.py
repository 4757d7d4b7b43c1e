import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from mslens.segment import lesion_boosting
from mslens.segment.lesion_boosting import BoostingSettings, fit_forest
from mslens.segment.lesion_forest import GIVE_UP_AFTER, predict_margin

SMALL = BoostingSettings(trees=12, leaves=7, leaf_rows=15)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(3)
    values = rng.standard_normal((2000, 5)).astype(np.float32)
    truth = values[:, 0] + values[:, 1] * values[:, 2] > 0.3
    values[rng.random(values.shape) < 0.2] = np.nan
    return values, truth, rng.uniform(0.5, 2.0, 2000)


@pytest.mark.parametrize("sampled_from", [0, 200_000])
def test_margins_are_those_of_scikit_learn_also_with_missing_values(
    rows, sampled_from, monkeypatch
):
    monkeypatch.setattr(lesion_boosting, "SAMPLED_BY_SKLEARN", sampled_from)
    values, truth, weight = rows
    forest = fit_forest(values, truth, weight, settings=SMALL, seed=1)
    peer = HistGradientBoostingClassifier(
        max_iter=12, max_leaf_nodes=7, learning_rate=SMALL.learning_rate, min_samples_leaf=15,
        l2_regularization=SMALL.shrinkage, max_features=SMALL.feature_share,
        early_stopping=False, random_state=1,
    ).fit(values, truth, sample_weight=weight / weight.mean())  # fmt: skip
    expected = peer.decision_function(values)
    assert len(forest.roots) < GIVE_UP_AFTER
    np.testing.assert_allclose(predict_margin(forest, values), expected, rtol=1e-5, atol=1e-5)


def test_what_decides_is_learnt(rows):
    values, truth, weight = rows
    forest = fit_forest(values[:1000], truth[:1000], weight[:1000], settings=SMALL, seed=1)
    right = (predict_margin(forest, values[1000:]) > 0) == truth[1000:]
    assert right.mean() > 0.7


def test_the_scale_of_the_weights_does_not_matter(rows):
    values, truth, weight = rows
    one = fit_forest(values, truth, weight, settings=SMALL, seed=1)
    many = fit_forest(values, truth, weight * 1024, settings=SMALL, seed=1)
    assert (predict_margin(one, values) == predict_margin(many, values)).all()


def test_columns_that_say_nothing_are_left_out(rows):
    values, truth, weight = rows
    wide = np.full((len(values), 7), np.nan, np.float32)
    wide[:, [0, 1, 3, 4, 6]] = values
    wide[:, 5] = 2.0
    settings = SMALL.model_copy(update={"feature_share": 1.0})
    narrow = predict_margin(fit_forest(values, truth, weight, settings=settings, seed=1), values)
    same = predict_margin(fit_forest(wide, truth, weight, settings=settings, seed=1), wide)
    np.testing.assert_array_equal(same, narrow)
