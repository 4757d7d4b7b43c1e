"""`mslens train-lesions`: from a dataset with masks, and simulated people, to a lesion model."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from mslens.core.errors import DatasetError, SettingsError
from mslens.core.rng import make_rng
from mslens.io.bids import index_dataset
from mslens.io.derivatives import write_dataset_description
from mslens.pipeline.environment import prepare_environment
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_model_store import save_lesion_model
from mslens.segment.lesion_training import TrainedModel, TrainingSettings, train_lesion_model
from mslens.segment.lesion_view import CONTRASTS, StoredViews, save_view, view_case
from mslens.segment.lesions import LesionSettings
from mslens.simulate.dataset_store import claim_folder
from mslens.studies.run.images import SessionImages
from mslens.studies.run.output import require_output_folder
from mslens.studies.train_lesions.card import describe_training
from mslens.studies.train_lesions.degraded import degrade_case
from mslens.studies.train_lesions.judge import judge_case
from mslens.studies.train_lesions.masks import find_drawn_sessions
from mslens.studies.train_lesions.prepare import load_case, preprocess_sessions
from mslens.studies.train_lesions.request import TrainingData, TrainingRecord
from mslens.studies.train_lesions.simulated import simulate_cases

Tell = Callable[[str], None]
#: In the output folder: what a second call has to agree with.
_SETTINGS_FILE = "training.toml"
#: Degraded copies of every real session, one choice of contrasts each.
_COPIES = 6
#: Simulated people: scans of each; one in so many has the finer anatomy.
_SCANS, _FINE_EVERY, _FINE_MM, _COARSE_MM = 3, 4, 1.5, 2.0
#: How often a simulated scan is seen with each choice of contrasts (in the order of `CONTRASTS`).
_CHANCES = (0.25, 0.3, 0.1, 0.35)


def train_on_dataset(dataset: Path, out: Path, *, data: TrainingData, tell: Tell = print) -> Path:
    """Train a lesion model on a dataset with lesion masks.

    Parameters
    ----------
    dataset : Path
        BIDS dataset.
    out : Path
        Gets the model, its card and the preprocessed images.
    data : TrainingData
    tell : callable
        Gets a line per stage.

    Returns
    -------
    Path
        Of the model file.

    Raises
    ------
    MslensError
        If the dataset or a mask cannot be used, there is too little to learn from, or ``out``
        holds something else, or a model of other settings.
    """
    prepare_environment()
    if data.simulated < 0:
        raise SettingsError(f"{data.simulated} simulated people were asked for", expected=">= 0")
    index = index_dataset(dataset.absolute())
    sessions = find_drawn_sessions(index, data)
    left_out = {label.removeprefix("sub-") for label in data.leave_out}
    learnt = [images for images in sessions if images.subject not in left_out]
    if len({images.subject for images in learnt}) + data.simulated < 2:
        raise DatasetError(
            "there is too little to learn from",
            where=dataset,
            expected="lesion masks of at least two participants",
            cure="Draw more, or add simulated people with --simulated 20",
        )
    require_output_folder(out, inputs=dataset)
    out = out.absolute()
    claim_folder(out, TrainingRecord.of(data), name=_SETTINGS_FILE)
    write_dataset_description(out, name="mslens lesion model")
    work = out / "preprocessed"
    tell(f"{len(sessions)} sessions with masks")
    preprocess_sessions(sessions, work, root=index.root.absolute(), nprocs=data.nprocs)
    settings = TrainingSettings(seed=data.seed)
    with tempfile.TemporaryDirectory(prefix="mslens-train-") as folder:
        views = StoredViews(_store_views(Path(folder), learnt, work, data, tell))
        trained = train_lesion_model(views, settings=settings, tell=tell)
    return _save(out, trained, sessions, work, data, settings)


def _store_views(
    folder: Path, learnt: Sequence[SessionImages], work: Path, data: TrainingData, tell: Tell
) -> list[Path]:
    paths: list[Path] = []
    for case, contrasts in _iterate_views(learnt, work, data):
        tell(f"{case.name} {contrasts}")
        paths.append(folder / f"{len(paths):05d}.npz")
        save_view(paths[-1], view_case(case, contrasts, settings=LesionSettings()))
    return paths


def _iterate_views(
    learnt: Sequence[SessionImages], work: Path, data: TrainingData
) -> Iterator[tuple[LesionCase, str]]:
    """Yield every case with every choice of contrasts that the model learns from."""
    for images in learnt:
        case = load_case(images, work)
        choices = _choices(case)
        yield from ((case, contrasts) for contrasts in choices)
        for number in range(_COPIES):
            contrasts = choices[number % len(choices)]
            yield degrade_case(case, number, seed=data.seed), contrasts
    names = list(CONTRASTS)
    for person in range(data.simulated):
        size = _COARSE_MM if person % _FINE_EVERY else _FINE_MM
        name = f"train{person:03d}"
        for case in simulate_cases(name, seed=data.seed, n_scans=_SCANS, voxel_size_mm=size):
            rng = make_rng(data.seed, case.name, "contrasts")
            drawn = rng.choice(len(names), 1, replace=False, p=_CHANCES)
            yield case, names[int(drawn[0])]


def _choices(case: LesionCase) -> list[str]:
    """Choices of contrasts for which a case has the images."""
    return [
        name
        for name, (with_t1w, with_t2w) in CONTRASTS.items()
        if (case.t1w is not None or not with_t1w) and (case.t2w is not None or not with_t2w)
    ]


def _save(
    out: Path,
    trained: TrainedModel,
    sessions: Sequence[SessionImages],
    work: Path,
    data: TrainingData,
    settings: TrainingSettings,
) -> Path:
    left_out = {label.removeprefix("sub-") for label in data.leave_out}
    judged = []
    for images in sessions:
        if images.subject in left_out:
            case = load_case(images, work)
            judged += [judge_case(case, name, trained.model) for name in _choices(case)]
    n_real = len({images.subject for images in sessions} - left_out)
    card = describe_training(trained, settings, data, n_real=n_real, judged=judged)
    return save_lesion_model(out, trained.model, card)
