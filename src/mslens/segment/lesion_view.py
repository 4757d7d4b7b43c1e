"""What a model in training sees of one brain with one choice of contrasts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array, Spacing
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_features import LesionContrasts, measure_features
from mslens.segment.lesions import LesionSettings

#: Choices of contrasts beside FLAIR.
CONTRASTS = {
    "FLAIR": (False, False),
    "FLAIR+T1w": (True, False),
    "FLAIR+T2w": (False, True),
    "FLAIR+T1w+T2w": (True, True),
}


@dataclass(frozen=True, eq=False)
class LesionView:
    """Features and truth of the voxels that could be lesion.

    Parameters
    ----------
    name, group : str
        Views of one person share the group.
    is_real : bool
    values : ndarray, shape (n, k), float16
    where : ndarray, shape (n,), int64
    truth : ndarray, shape (n,), bool
    missed : int
        Lesion voxels that the features leave out.
    shape : tuple of 3 int
    voxel_size_mm : tuple of 3 float
    """

    name: str
    group: str
    is_real: bool
    values: npt.NDArray[np.float16]
    where: npt.NDArray[np.int64]
    truth: npt.NDArray[np.bool_]
    missed: int
    shape: tuple[int, int, int]
    voxel_size_mm: Spacing


def choose_contrasts(case: LesionCase, contrasts: str) -> LesionContrasts:
    """Return the images of a case without those that a choice of contrasts leaves out.

    Parameters
    ----------
    case : LesionCase
    contrasts : str
        A key of `CONTRASTS`.
    """
    with_t1w, with_t2w = CONTRASTS[contrasts]
    return LesionContrasts(
        case.flair,
        case.t1w if with_t1w else None,
        case.t2w if with_t2w else None,
        case.mask,
        case.geography,
        case.voxel_size_mm,
    )


def view_case(case: LesionCase, contrasts: str, *, settings: LesionSettings) -> LesionView:
    """Measure the features of a case with a choice of contrasts.

    Parameters
    ----------
    case : LesionCase
    contrasts : str
        A key of `CONTRASTS`.
    settings : LesionSettings
        Of the mixture.

    Returns
    -------
    LesionView

    Raises
    ------
    ImageError, QualityError
        As `measure_features`.
    """
    images = choose_contrasts(case, contrasts)
    features = measure_features(images, settings=settings)
    truth = np.asarray(case.lesions, dtype=bool).ravel()[features.where]
    shape = np.shape(case.mask)
    return LesionView(
        name=f"{case.name}_{contrasts}",
        group=case.group,
        is_real=case.is_real,
        values=features.values.astype(np.float16),
        where=features.where,
        truth=truth,
        missed=int(np.count_nonzero(case.lesions)) - int(truth.sum()),
        shape=(shape[0], shape[1], shape[2]),
        voxel_size_mm=case.voxel_size_mm,
    )


def save_view(path: Path, view: LesionView) -> None:
    """Keep a view on disk: training goes through them many times."""
    np.savez(
        path, values=view.values, where=view.where, truth=view.truth,
        facts=np.array([view.missed, *view.shape]), size=np.array(view.voxel_size_mm),
        names=np.array([view.name, view.group, "real" if view.is_real else "simulated"]),
    )  # fmt: skip


def load_view(path: Path) -> LesionView:
    """Read what `save_view` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        missed, x, y, z = (int(v) for v in stored["facts"])
        size: Array = stored["size"]
        name, group, kind = (str(v) for v in stored["names"])
        return LesionView(
            name=name, group=group, is_real=kind == "real", values=stored["values"],
            where=stored["where"], truth=stored["truth"], missed=missed, shape=(x, y, z),
            voxel_size_mm=(float(size[0]), float(size[1]), float(size[2])),
        )  # fmt: skip


class StoredViews(Sequence[LesionView]):
    """Views in files, read again whenever one is asked for: memory holds one at a time."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)

    def __len__(self) -> int:
        return len(self._paths)

    @overload
    def __getitem__(self, index: int) -> LesionView: ...
    @overload
    def __getitem__(self, index: slice) -> StoredViews: ...
    def __getitem__(self, index: int | slice) -> LesionView | StoredViews:
        if isinstance(index, slice):
            return StoredViews(self._paths[index])
        return load_view(self._paths[index])
