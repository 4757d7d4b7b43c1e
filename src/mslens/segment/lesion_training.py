"""Train the lesion model so that nothing is judged by what it was fitted on.

The persons are dealt into folds. What the first forest of the other folds says of a person makes
the context that the second forest sees; the second is crossed over the same folds; the probability
is fitted on what comes out. Last, both forests are fitted on everybody.
(Stacked generalisation, Wolpert 1992; Platt scaling, 1999.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import Field
from sklearn.linear_model import LogisticRegression

from mslens.core.arrays import Array
from mslens.core.errors import DatasetError
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.segment.lesion_boosting import BoostingSettings, fit_forest
from mslens.segment.lesion_context import measure_context
from mslens.segment.lesion_features import FEATURES
from mslens.segment.lesion_forest import Forest, predict_margin
from mslens.segment.lesion_model import LesionModel, limit_margin, scale_margin, second_margin
from mslens.segment.lesion_view import LesionView

#: Told what is being done.
Progress = Callable[[str], None]
_MIXTURE = FEATURES.index("mixture")
#: Loads below it have no Dice: a voxel more or less decides it.
_SMALLEST_LOAD_MM3 = 100.0
#: Voxels of a view that the probability is fitted on, about.
_PROBABILITY_ROWS = 12000


class TrainingSettings(Settings):
    """How the lesion model is trained.

    Parameters
    ----------
    seed : int
    folds : int
        Persons are dealt into so many folds.
    lesion_rows, normal_rows : int
        Voxels that are drawn of a view: lesion, and not (half of them where the mixture sees
        something).
    real_share : float
        Weight of the real images, when there are simulated ones too.
    threshold : float
        Probability from which a voxel is lesion. The expected Dice is highest at half of the Dice
        that can be reached (Lipton et al., ECML 2014), and that is about .8.
    first, second : BoostingSettings
        The forests on the features of a voxel, and on its context too.
    """

    seed: int = 20261128
    folds: int = Field(default=3, ge=2)
    lesion_rows: int = Field(default=1500, ge=1)
    normal_rows: int = Field(default=2000, ge=1)
    real_share: float = Field(default=0.25, gt=0, lt=1)
    threshold: float = Field(default=0.4, gt=0, lt=1)
    first: BoostingSettings = BoostingSettings()
    second: BoostingSettings = BoostingSettings()


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A model and what it was on persons that it had not seen.

    Parameters
    ----------
    model : LesionModel
    dice : dict of str to float
        Of each view with lesions, by forests that were fitted without its person.
    simulated : frozenset of str
        Names of the views of simulated people.
    calibration : list of (float, float, float)
        Mean probability, share of lesion and weight of the voxels in ten equal bins.
    """

    model: LesionModel
    dice: dict[str, float]
    simulated: frozenset[str]
    calibration: list[tuple[float, float, float]]


def train_lesion_model(
    views: Sequence[LesionView], *, settings: TrainingSettings, tell: Progress = lambda _: None
) -> TrainedModel:
    """Train on views of several persons.

    Parameters
    ----------
    views : sequence of LesionView
        May load each view when it is asked for: it is gone through three times.
    settings : TrainingSettings
    tell : callable, optional
        Gets a line per stage.

    Returns
    -------
    TrainedModel

    Raises
    ------
    DatasetError
        If there are fewer than two persons with lesions.
    """
    rows = [_draw_rows(view, settings) for view in views]
    _require_persons(rows)
    weights = _view_weights(rows, settings)
    fold = _deal_folds(rows, settings)
    first = _cross_fit(rows, weights, fold, settings.first, settings.seed, tell, "features")
    tell("context")
    seen = [
        _add_context(part, view, first[k])
        for part, view, k in zip(rows, views, fold.tolist(), strict=True)
    ]
    second = _cross_fit(seen, weights, fold, settings.second, settings.seed, tell, "context")
    tell("probability")
    unseen = [
        _judge(view, first[k], second[k]) for view, k in zip(views, fold.tolist(), strict=True)
    ]
    persons = _person_weights(rows)
    scale = _fit_probability(unseen, persons)
    likely = [scale_margin(part.margin, scale) for part in unseen]
    dice = _measure_dice(unseen, likely, settings.threshold)
    tell("all persons")
    everybody = np.ones(len(rows), dtype=bool)
    model = LesionModel(
        first=_fit(rows, weights, everybody, settings.first, settings.seed),
        second=_fit(seen, weights, everybody, settings.second, settings.seed),
        scale=scale,
        threshold=settings.threshold,
    )
    simulated = frozenset(
        part.name for part, row in zip(unseen, rows, strict=True) if not row.is_real
    )
    return TrainedModel(model, dice, simulated, _reliability(unseen, likely, persons))


@dataclass(frozen=True, eq=False)
class _Rows:
    """A weighted sample of one view; the weights say how many voxels a row stands for."""

    group: str
    is_real: bool
    index: Array
    values: Array
    truth: Array
    weight: Array


@dataclass(frozen=True, eq=False)
class _Unseen:
    """What forests say of a view that they were not fitted on."""

    name: str
    margin: Array
    truth: Array
    missed: int
    voxel_volume_mm3: float


def _draw_rows(view: LesionView, settings: TrainingSettings) -> _Rows:
    rng = make_rng(settings.seed, view.name, "rows")
    suspicious = (view.values[:, _MIXTURE] > 0.05) & ~view.truth
    chosen, weights = [], []
    for part, size in (
        (view.truth, settings.lesion_rows),
        (suspicious, settings.normal_rows // 2),
        (~view.truth & ~suspicious, settings.normal_rows // 2),
    ):
        index = np.flatnonzero(part)
        drawn = index if len(index) <= size else np.sort(rng.choice(index, size, replace=False))
        chosen.append(drawn)
        weights.append(np.full(len(drawn), len(index) / max(1, len(drawn))))
    rows = np.concatenate(chosen)
    return _Rows(
        view.group,
        view.is_real,
        rows,
        view.values[rows].astype(np.float32),
        view.truth[rows],
        np.concatenate(weights) / len(view.truth),
    )


def _add_context(rows: _Rows, view: LesionView, first: Forest) -> _Rows:
    """Add the context of the drawn voxels, from a forest that did not see their person."""
    margin = predict_margin(first, view.values.astype(np.float32))
    context = measure_context(
        margin, view.where, shape=view.shape, voxel_size_mm=view.voxel_size_mm
    )
    return replace(rows, values=np.hstack([rows.values, context[rows.index]]))


def _require_persons(rows: Sequence[_Rows]) -> None:
    with_lesions = {part.group for part in rows if part.truth.any()}
    if len(with_lesions) < 2:
        raise DatasetError(
            f"{len(with_lesions)} of the persons have a lesion that FLAIR shows",
            expected="at least 2, so that one can judge what the other taught",
        )


def _person_weights(rows: Sequence[_Rows]) -> npt.NDArray[np.float64]:
    """Weight of each view so that persons count alike.

    The probability is fitted with these: a few real persons, each judged by forests that saw even
    fewer, would move it for everybody.
    """
    groups = [part.group for part in rows]
    weight = np.array([1.0 / groups.count(group) for group in groups])
    return np.asarray(weight / weight.sum())


def _view_weights(rows: Sequence[_Rows], settings: TrainingSettings) -> npt.NDArray[np.float64]:
    """Weight of each view: persons count alike, real ones together `real_share`."""
    weight = _person_weights(rows)
    real = np.array([part.is_real for part in rows])
    if real.any() and not real.all():
        weight[real] *= settings.real_share / weight[real].sum()
        weight[~real] *= (1 - settings.real_share) / weight[~real].sum()
    return np.asarray(weight / weight.sum())


def _deal_folds(rows: Sequence[_Rows], settings: TrainingSettings) -> npt.NDArray[np.int64]:
    """Fold of each view; real and simulated persons are dealt in turn."""
    rng = make_rng(settings.seed, "folds")
    order: list[str] = []
    for kind in (True, False):
        persons = sorted({part.group for part in rows if part.is_real == kind})
        order += [persons[int(i)] for i in rng.permutation(len(persons))]
    n_folds = min(settings.folds, len(order))
    place = {group: i % n_folds for i, group in enumerate(order)}
    return np.array([place[part.group] for part in rows])


def _cross_fit(
    rows: Sequence[_Rows],
    weights: Array,
    fold: Array,
    boosting: BoostingSettings,
    seed: int,
    tell: Progress,
    what: str,
) -> list[Forest]:
    """Fit a forest without each fold."""
    n_folds = int(fold.max()) + 1
    forests = []
    for k in range(n_folds):
        tell(f"{what}, without fold {k + 1} of {n_folds}")
        forests.append(_fit(rows, weights, fold != k, boosting, seed))
    return forests


def _fit(
    rows: Sequence[_Rows], weights: Array, chosen: Array, boosting: BoostingSettings, seed: int
) -> Forest:
    taken = [(part, w) for part, w, use in zip(rows, weights, chosen, strict=True) if use]
    return fit_forest(
        np.concatenate([part.values for part, _ in taken]),
        np.concatenate([part.truth for part, _ in taken]),
        np.concatenate([part.weight * w for part, w in taken]),
        settings=boosting,
        seed=seed,
    )


def _judge(view: LesionView, first: Forest, second: Forest) -> _Unseen:
    margin = second_margin(
        view.values.astype(np.float32), view.where, first, second,
        shape=view.shape, voxel_size_mm=view.voxel_size_mm,
    )  # fmt: skip
    volume = float(np.prod(view.voxel_size_mm))
    return _Unseen(view.name, margin, view.truth, view.missed, volume)


def _fit_probability(unseen: Sequence[_Unseen], weights: Array) -> Array:
    """Fit the logistic function on unseen persons."""
    parts = []
    for seen, w in zip(unseen, weights, strict=True):
        drawn = slice(None, None, max(1, len(seen.truth) // _PROBABILITY_ROWS))
        truth = seen.truth[drawn]
        parts.append((limit_margin(seen.margin[drawn]), truth, np.full(len(truth), w / len(truth))))
    margin, truth, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
    if truth.all() or not truth.any():
        return np.array([1.0, 0.0])
    fit = LogisticRegression(C=1e3, max_iter=500)
    fit.fit(margin[:, None], truth.astype(bool), sample_weight=weight / weight.mean())
    return np.array([fit.coef_[0, 0], fit.intercept_[0]])


def _measure_dice(
    unseen: Sequence[_Unseen], likely: Sequence[Array], threshold: float
) -> dict[str, float]:
    """Dice of each view that has lesions."""
    dice = {}
    for seen, p in zip(unseen, likely, strict=True):
        total = int(seen.truth.sum()) + seen.missed
        if total * seen.voxel_volume_mm3 >= _SMALLEST_LOAD_MM3:
            mask = p >= threshold
            both = int((mask & seen.truth).sum())
            dice[seen.name] = round(2 * both / (int(mask.sum()) + total), 4)
    return dice


def _reliability(
    unseen: Sequence[_Unseen], likely: Sequence[Array], weights: Array
) -> list[tuple[float, float, float]]:
    p = np.concatenate(list(likely))
    truth = np.concatenate([seen.truth for seen in unseen])
    weight = np.concatenate(
        [
            np.full(len(s.truth), w / max(1, len(s.truth)))
            for s, w in zip(unseen, weights, strict=True)
        ]
    )
    bins = np.minimum((p * 10).astype(int), 9)
    total = np.maximum(np.bincount(bins, weight, 10), 1e-12)
    means = np.bincount(bins, weight * p, 10) / total
    shares = np.bincount(bins, weight * truth, 10) / total
    return [
        (round(float(m), 4), round(float(s), 4), round(float(t), 6))
        for m, s, t in zip(means, shares, total, strict=True)
    ]
