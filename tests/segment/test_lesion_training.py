import numpy as np
import pytest

from lesion_views import make_view
from mslens.core.errors import DatasetError
from mslens.image.components import keep_overlapping
from mslens.segment.lesion_boosting import BoostingSettings
from mslens.segment.lesion_forest import predict_margin
from mslens.segment.lesion_model import scale_margin, second_margin
from mslens.segment.lesion_training import TrainingSettings, train_lesion_model

pytestmark = pytest.mark.slow

SETTINGS = TrainingSettings(
    folds=2,
    lesion_rows=200,
    normal_rows=400,
    first=BoostingSettings(trees=12, leaves=6, leaf_rows=10, learning_rate=0.3),
    second=BoostingSettings(trees=15, leaves=6, leaf_rows=10, learning_rate=0.3),
)


@pytest.fixture(scope="module")
def views():
    return [make_view(n, is_real=n < 3) for n in range(8)]


@pytest.fixture(scope="module")
def trained(views):
    return train_lesion_model(views, settings=SETTINGS)


def apply(model, view):
    values = view.values.astype(np.float32)
    margin = second_margin(
        values, view.where, model.first, model.second,
        shape=view.shape, voxel_size_mm=view.voxel_size_mm,
    )  # fmt: skip
    return scale_margin(margin, model.scale), predict_margin(model.first, values)


def test_lesions_of_somebody_new_are_found(trained):
    view = make_view(100)
    mask = apply(trained.model, view)[0] >= trained.model.threshold
    assert 2 * (mask & view.truth).sum() / (mask.sum() + view.truth.sum()) > 0.85


def test_context_tells_lines_from_balls_as_no_voxel_can(trained):
    view = make_view(101)
    likely, margin = apply(trained.model, view)
    truth = view.truth.reshape(view.shape)
    bright = (margin > 0).reshape(view.shape)
    lines = (bright & ~keep_overlapping(bright, truth)).ravel()
    alone = 1 / (1 + np.exp(-margin))
    assert np.median(likely[lines]) < 0.3 * np.median(alone[lines])
    assert likely[view.truth].mean() > alone[view.truth].mean()


def test_the_probability_is_calibrated_on_persons_not_seen(trained):
    shares = [(p, s) for p, s, weight in trained.calibration if weight > 0.003]
    assert len(shares) >= 2
    assert max(abs(p - s) for p, s in shares) < 0.2
    fresh = [make_view(n) for n in range(200, 204)]
    likely = np.concatenate([apply(trained.model, view)[0] for view in fresh])
    truth = np.concatenate([view.truth for view in fresh])
    assert likely.mean() == pytest.approx(truth.mean(), rel=0.15)


def test_the_same_views_give_the_same_model(views, trained):
    again = train_lesion_model(views, settings=SETTINGS).model
    one, two = trained.model.second.arrays("s"), again.second.arrays("s")
    assert all((one[name] == two[name]).all() for name in one)
    assert again.threshold == trained.model.threshold
    assert (again.scale == trained.model.scale).all()


def test_held_out_dice_is_of_every_view(views, trained):
    assert sorted(trained.dice) == sorted(view.name for view in views)
    assert min(trained.dice.values()) > 0.7


def test_nobody_is_judged_by_forests_that_saw_him(views):
    """A person whose truth is noise cannot be predicted, however often the forest is fitted."""
    odd = make_view(50)
    noise = np.random.default_rng(0).random(odd.truth.shape) < 0.05
    changed = odd.__class__(**{**vars(odd), "truth": noise})
    dice = train_lesion_model([*views, changed], settings=SETTINGS).dice
    assert dice[odd.name] < 0.2


def test_too_few_persons_are_refused(views):
    with pytest.raises(DatasetError, match="1 of the persons"):
        train_lesion_model(views[:1], settings=SETTINGS)
    empty = make_view(60, n_lesions=0)
    with pytest.raises(DatasetError, match="1 of the persons"):
        train_lesion_model([views[0], empty], settings=SETTINGS)
