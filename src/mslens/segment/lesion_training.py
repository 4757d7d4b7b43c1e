"""Train the lesion model so that nothing is judged by what it was fitted on.

The persons are dealt into folds. What the voxel forest of the other folds says of a person makes
its candidates; the candidate forest is crossed over the same folds; the probability and the
threshold are fitted on what comes out. Last, both forests are fitted on everybody. (Stacked
generalisation, Wolpert 1992; Platt scaling, 1999.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field
from sklearn.linear_model import LogisticRegression

from mslens.core.arrays import Array
from mslens.core.errors import DatasetError
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.segment.lesion_boosting import BoostingSettings, fit_forest
from mslens.segment.lesion_candidates import Candidates, find_candidates
from mslens.segment.lesion_features import FEATURES
from mslens.segment.lesion_forest import Forest, no_trees, predict_margin
from mslens.segment.lesion_model import (
    LOWEST_MARGIN,
    LesionModel,
    join_margins,
    limit_margin,
)
from mslens.segment.lesion_view import LesionView

#: Told what is being done.
Progress = Callable[[str], None]
_MIXTURE = FEATURES.index("mixture")
#: Loads below it say nothing of the threshold: a voxel more or less decides their Dice.
_SMALLEST_LOAD_MM3 = 100.0
#: Voxels of a view that the probability is fitted on, at most, inside and outside of candidates.
_PROBABILITY_ROWS = 6000


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
    overlap : float
        A candidate is a lesion when this share of it is.
    voxels, candidates : BoostingSettings
    """

    seed: int = 20261121
    folds: int = Field(default=3, ge=2)
    lesion_rows: int = Field(default=2000, ge=1)
    normal_rows: int = Field(default=3000, ge=1)
    real_share: float = Field(default=0.5, gt=0, lt=1)
    overlap: float = Field(default=0.1, gt=0, le=1)
    voxels: BoostingSettings = BoostingSettings()
    candidates: BoostingSettings = BoostingSettings(
        trees=80, leaves=8, leaf_rows=20, learning_rate=0.06, shrinkage=10.0
    )


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
    n_folds = int(fold.max()) + 1
    partial: list[Forest] = []
    for k in range(n_folds):
        tell(f"voxels, without fold {k + 1} of {n_folds}")
        partial.append(_fit_voxels(rows, weights, fold != k, settings))
    tell("candidates")
    unseen = [
        _judge(view, partial[k], settings) for view, k in zip(views, fold.tolist(), strict=True)
    ]
    of_candidates = _cross_candidates(unseen, weights, fold, settings)
    tell("probability and threshold")
    inside, outside = _fit_probability(unseen, of_candidates, weights)
    likely = [
        join_margins(seen.margin, m2, seen.found, inside=inside, outside=outside)
        for seen, m2 in zip(unseen, of_candidates, strict=True)
    ]
    threshold, dice = _choose_threshold(unseen, likely, weights)
    tell("all persons")
    everybody = np.ones(len(rows), dtype=bool)
    model = LesionModel(
        voxels=_fit_voxels(rows, weights, everybody, settings),
        candidates=_fit_candidates(unseen, weights, everybody, settings),
        inside=inside,
        outside=outside,
        threshold=threshold,
    )
    simulated = frozenset(
        seen.name for seen, part in zip(unseen, rows, strict=True) if not part.is_real
    )
    return TrainedModel(model, dice, simulated, _reliability(unseen, likely, weights))


@dataclass(frozen=True, eq=False)
class _Rows:
    """A weighted sample of one view; the weights say how many voxels a row stands for."""

    group: str
    is_real: bool
    values: Array
    truth: Array
    weight: Array


@dataclass(frozen=True, eq=False)
class _Unseen:
    """What a forest says of a view that it was not fitted on."""

    name: str
    margin: Array
    truth: Array
    where: Array
    missed: int
    shape: tuple[int, int, int]
    voxel_volume_mm3: float
    found: Candidates
    is_lesion: Array


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
        view.values[rows].astype(np.float32),
        view.truth[rows],
        np.concatenate(weights) / len(view.truth),
    )


def _require_persons(rows: Sequence[_Rows]) -> None:
    with_lesions = {part.group for part in rows if part.truth.any()}
    if len(with_lesions) < 2:
        raise DatasetError(
            f"{len(with_lesions)} of the persons have a lesion that FLAIR shows",
            expected="at least 2, so that one can judge what the other taught",
        )


def _view_weights(rows: Sequence[_Rows], settings: TrainingSettings) -> npt.NDArray[np.float64]:
    """Weight of each view: persons count alike, real ones together `real_share`."""
    groups = [part.group for part in rows]
    weight = np.array([1.0 / groups.count(group) for group in groups])
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


def _fit_voxels(
    rows: Sequence[_Rows], weights: Array, chosen: Array, settings: TrainingSettings
) -> Forest:
    taken = [(part, w) for part, w, use in zip(rows, weights, chosen, strict=True) if use]
    return fit_forest(
        np.concatenate([part.values for part, _ in taken]),
        np.concatenate([part.truth for part, _ in taken]),
        np.concatenate([part.weight * w for part, w in taken]),
        settings=settings.voxels,
        seed=settings.seed,
    )


def _judge(view: LesionView, forest: Forest, settings: TrainingSettings) -> _Unseen:
    values = view.values.astype(np.float32)
    margin = predict_margin(forest, values)
    found = find_candidates(
        margin, values, view.where,
        shape=view.shape, voxel_size_mm=view.voxel_size_mm, lowest_margin=LOWEST_MARGIN,
    )  # fmt: skip
    true = np.bincount(found.owner, weights=view.truth, minlength=len(found.voxels) + 1)[1:]
    return _Unseen(
        view.name, margin, view.truth, view.where, view.missed, view.shape,
        float(np.prod(view.voxel_size_mm)), found,
        true >= settings.overlap * found.voxels,
    )  # fmt: skip


def _fit_candidates(
    unseen: Sequence[_Unseen], weights: Array, chosen: Array, settings: TrainingSettings
) -> Forest:
    taken = [(seen, w) for seen, w, use in zip(unseen, weights, chosen, strict=True) if use]
    truth = np.concatenate([seen.is_lesion for seen, _ in taken])
    if truth.all() or not truth.any():
        return no_trees()
    return fit_forest(
        np.concatenate([seen.found.values for seen, _ in taken]),
        truth,
        np.concatenate([np.full(len(seen.is_lesion), w) for seen, w in taken]),
        settings=settings.candidates,
        seed=settings.seed,
    )


def _cross_candidates(
    unseen: Sequence[_Unseen], weights: Array, fold: Array, settings: TrainingSettings
) -> list[Array]:
    """Log odds of every candidate by a forest that was fitted on the other folds."""
    forests = [
        _fit_candidates(unseen, weights, fold != k, settings) for k in range(int(fold.max()) + 1)
    ]
    return [
        predict_margin(forests[k], seen.found.values)
        for seen, k in zip(unseen, fold.tolist(), strict=True)
    ]


def _fit_probability(
    unseen: Sequence[_Unseen], of_candidates: Sequence[Array], weights: Array
) -> tuple[Array, Array]:
    """Fit the two logistic functions on unseen persons."""
    fits = []
    for of_interest in (True, False):
        parts = []
        for seen, m2, w in zip(unseen, of_candidates, weights, strict=True):
            rows = np.flatnonzero((seen.found.owner > 0) == of_interest)
            step = max(1, len(rows) // _PROBABILITY_ROWS)
            drawn = rows[::step]
            whole = np.append(0.0, limit_margin(m2))[seen.found.owner[drawn]]
            share = w * len(rows) / max(1, len(drawn) * len(seen.truth))
            parts.append(
                (limit_margin(seen.margin[drawn]), whole, seen.truth[drawn], [share] * len(drawn))
            )
        m1, m2, truth, weight = (np.concatenate(column) for column in zip(*parts, strict=True))
        values = np.column_stack([m1, m2] if of_interest else [m1])
        fits.append(_logistic(values, truth.astype(bool), weight))
    return fits[0], fits[1]


def _logistic(values: Array, truth: Array, weight: Array) -> Array:
    if truth.all() or not truth.any():
        return np.array([*np.ones(values.shape[1]), 0.0])
    scaled = weight / weight.mean()
    fit = LogisticRegression(C=1e3, max_iter=500).fit(values, truth, sample_weight=scaled)
    return np.append(fit.coef_[0], fit.intercept_)


def _choose_threshold(
    unseen: Sequence[_Unseen], likely: Sequence[Array], weights: Array
) -> tuple[float, dict[str, float]]:
    """Find the threshold with the best weighted mean Dice over the views that have lesions."""
    thresholds = np.round(np.arange(0.2, 0.601, 0.05), 2)
    table, used = [], []
    for seen, p, w in zip(unseen, likely, weights, strict=True):
        total = int(seen.truth.sum()) + seen.missed
        if total * seen.voxel_volume_mm3 >= _SMALLEST_LOAD_MM3:
            above = [p >= t for t in thresholds]
            both = [2 * int((mask & seen.truth).sum()) for mask in above]
            sizes = [int(mask.sum()) + total for mask in above]
            table.append(np.array(both) / np.array(sizes))
            used.append((seen.name, w))
    best = int(np.argmax(np.average(table, axis=0, weights=[w for _, w in used])))
    dice = {name: round(float(row[best]), 4) for (name, _), row in zip(used, table, strict=True)}
    return float(thresholds[best]), dice


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
