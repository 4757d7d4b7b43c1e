"""Streamlines as points in world millimetres, each with the reference subject it is from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import InputError
from mslens.core.transform import TransformChain
from mslens.image.chain import transform_points

Integers = npt.NDArray[np.int64]
#: Points taken from the file at once: 24 MB of float64 coordinates.
_CHUNK_POINTS = 1_000_000


@dataclass(frozen=True, eq=False)
class Tractogram:
    """Streamlines.

    Parameters
    ----------
    points_mm : ndarray, shape (rows, 3), float32
        RAS+ world millimetres; may hold rows between streamlines that belong to none, and may
        be memory-mapped.
    start, stop : ndarray of int64, shape (n,)
        Rows of each streamline.
    subject_of : ndarray of int32, shape (n,)
        Reference subject of each streamline, from 0.

    Raises
    ------
    InputError
        If there is no streamline, or the arrays do not fit each other.
    """

    points_mm: Array
    start: Integers
    stop: Integers
    subject_of: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        n = self.start.size
        if n == 0:
            raise InputError("there is no streamline in it", expected="a tractogram")
        if self.stop.shape != (n,) or self.points_mm.ndim != 2 or self.points_mm.shape[1] != 3:
            raise InputError("points and streamlines do not fit", expected="(rows, 3) points")
        if self.subject_of.shape != (n,):
            raise InputError(
                f"{self.subject_of.size} subject ids for {n} streamlines",
                expected="one id per streamline, in the order of the file",
            )

    @property
    def n_streamlines(self) -> int:
        """Number of streamlines."""
        return int(self.start.size)

    def chunks(self, chain: TransformChain = ()) -> Iterator[Chunk]:
        """Yield consecutive streamlines with finite points, taken through a chain.

        Parameters
        ----------
        chain : sequence of transforms
            Pull-backs from the tractogram's space: ``from-template_to-tractogram``.

        Raises
        ------
        InputError
            If a point is NaN or infinite.
        """
        length = np.cumsum(self.stop - self.start)
        first = 0
        while first < self.n_streamlines:
            done = length[first - 1] if first else 0
            last = int(np.searchsorted(length, done + _CHUNK_POINTS, side="right"))
            last = min(max(last, first + 1), self.n_streamlines)
            yield self._chunk(first, last, chain)
            first = last

    def _chunk(self, first: int, last: int, chain: TransformChain) -> Chunk:
        low, high = int(self.start[first]), int(self.stop[last - 1])
        points = np.asarray(self.points_mm[low:high], dtype=np.float64)
        inside = np.zeros(high - low + 1, dtype=np.int64)
        np.add.at(inside, self.start[first:last] - low, 1)
        np.add.at(inside, self.stop[first:last] - low, -1)
        belongs = np.cumsum(inside[:-1]) > 0
        if not np.isfinite(points[belongs]).all():
            raise InputError(
                f"a point of streamlines {first} to {last - 1} is NaN or infinite",
                expected="finite coordinates",
            )
        if chain:
            points[belongs] = transform_points(points[belongs], chain)
        return Chunk(points, self.start[first:last] - low, self.stop[first:last] - low, first)


@dataclass(frozen=True, eq=False)
class Chunk:
    """Consecutive streamlines: points in float64, rows of each, number of the first."""

    points_mm: npt.NDArray[np.float64]
    start: Integers
    stop: Integers
    first: int


def join_tractograms(parts: list[Tractogram]) -> Tractogram:
    """Join tractograms of several files, one reference subject per file and id.

    Parameters
    ----------
    parts : list of Tractogram
        Ids are numbered on from one file to the next.
    """
    if len(parts) == 1:
        return parts[0]
    rows = np.cumsum([0, *(len(part.points_mm) for part in parts)])
    subjects = np.cumsum([0, *(int(part.subject_of.max()) + 1 for part in parts)])
    return Tractogram(
        np.concatenate([np.asarray(part.points_mm, dtype=np.float32) for part in parts]),
        np.concatenate([part.start + row for part, row in zip(parts, rows, strict=False)]),
        np.concatenate([part.stop + row for part, row in zip(parts, rows, strict=False)]),
        np.concatenate(
            [
                (part.subject_of + s).astype(np.int32)
                for part, s in zip(parts, subjects, strict=False)
            ]
        ),
    )
