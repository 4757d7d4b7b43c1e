"""The user's lesion masks: found, and looked at one by one before anything is trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mslens.core.errors import DatasetError, MslensError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.io.bids import BidsIndex, index_derivatives
from mslens.io.derivatives import read_makers
from mslens.io.nifti import load_volume
from mslens.pipeline.plan import Failure
from mslens.studies.run.brought import BroughtFiles, NothingMatches
from mslens.studies.run.images import SessionImages
from mslens.studies.run.request import Brought
from mslens.studies.run.sources import find_sessions, select_subjects
from mslens.studies.train_lesions.request import TrainingData

_AT_MOST_NAMED = 20


def find_drawn_sessions(index: BidsIndex, data: TrainingData) -> list[SessionImages]:
    """Find the sessions with a FLAIR and a lesion mask, and look at every mask.

    Parameters
    ----------
    index : BidsIndex
    data : TrainingData

    Returns
    -------
    list of SessionImages

    Raises
    ------
    DatasetError
        If there are none, if a session has masks in several datasets, or if any mask is empty,
        not binary, on another grid or unreadable: each is named.
    """
    select_subjects(index, data.leave_out)
    drawn: list[SessionImages] = []
    problems: list[str] = []
    for files in _sources(index, data):
        for subject in index.subjects:
            for found in find_sessions(
                index, subject, sessions=index.sessions(subject), brought=files
            ):
                if isinstance(found, Failure) and isinstance(found.error, NothingMatches):
                    continue
                if isinstance(found, Failure):
                    problems.append(_name_session(found) + f": {_words(found.error)}")
                elif found.lesions is not None and found.flair is not None:
                    drawn.append(found)
    problems += [problem for images in drawn if (problem := _look_at(images)) is not None]
    if problems:
        shown = problems[:_AT_MOST_NAMED]
        more = len(problems) - len(shown)
        raise DatasetError(
            f"{len(problems)} of the lesion masks cannot be trained on: "
            + "; ".join(shown)
            + (f"; and {more} more" if more else ""),
            where=index.root,
            expected="binary masks with at least one lesion, on the grid of the T1w (or of the"
            " FLAIR, with --lesion-space FLAIR)",
            cure="Correct these masks, or take them out; nothing was trained",
        )
    _require_one_mask_each(drawn, index.root)
    if not drawn:
        raise DatasetError(
            "no session has a FLAIR and a lesion mask",
            where=index.root,
            expected="sub-X_space-T1w_label-lesion_mask.nii.gz in a derivatives dataset that"
            " mslens did not write, or files that --lesion-mask PATTERN matches, seen from the"
            " current folder",
        )
    return drawn


def _require_one_mask_each(drawn: list[SessionImages], root: Path) -> None:
    first: dict[tuple[str, str | None], Path] = {}
    for images in drawn:
        path = Path(str(images.lesions))
        other = first.setdefault((images.subject, images.session), path)
        if other is not path:
            raise DatasetError(
                f"{path.name} is in several datasets: {_dataset_of(other)} and {_dataset_of(path)}",
                where=root / "derivatives",
                expected="one lesion mask per session",
                cure="Name the dataset with --derivatives, or the masks with --lesion-mask",
            )


def _dataset_of(mask: Path) -> str:
    """Name the dataset in ``derivatives`` that a mask is in."""
    return next((p.name for p in mask.parents if p.parent.name == "derivatives"), str(mask.parent))


def _sources(index: BidsIndex, data: TrainingData) -> list[BroughtFiles]:
    """One source by pattern or folder, else every dataset in ``derivatives`` that is not ours.

    What mslens segmented is nobody's drawing: a model must not learn from another one's output.
    """
    if data.lesion_mask is None and data.derivatives is None:
        folders: list[Path | None] = [
            found.root
            for found in index_derivatives(index.root)
            if "mslens" not in read_makers(found.root)
        ]
    else:
        folders = [data.derivatives]
    return [
        BroughtFiles(
            Brought(
                derivatives=folder,
                lesion_mask=data.lesion_mask,
                lesion_space=data.lesion_space,
            )
        )
        for folder in folders
    ]


def _look_at(images: SessionImages) -> str | None:
    """Say what is wrong with a session's mask, or None."""
    path = Path(str(images.lesions))
    try:
        values = load_volume(path, constant="accept")
        image = images.flair if images.lesions_space == "FLAIR" else images.reference_image
        grid = load_volume(Path(str(image))).grid
    except MslensError as error:
        return f"{path.name}: {_words(error)}"
    problem = _problem_of(values, grid)
    return None if problem is None else f"{path.name}: {problem}"


def _problem_of(mask: Volume, grid: Grid) -> str | None:
    found = np.unique(mask.data)
    if len(found) == 1 and found[0] == 0:
        return "it is empty"
    if len(found) != 2 or found[0] != 0:
        low, high = found[0], found[-1]
        return f"it is not binary ({len(found)} values between {low:g} and {high:g})"
    if not grid.is_close(mask.grid):
        return f"it is on another grid ({mask.grid.shape} against {grid.shape} voxels)"
    return None


def _words(error: Exception) -> str:
    if not isinstance(error, MslensError):
        return str(error)
    return error.what if error.where is None else f"{error.what} ({error.where})"


def _name_session(found: Failure) -> str:
    return f"sub-{found.subject}" + ("" if found.session is None else f" ses-{found.session}")
