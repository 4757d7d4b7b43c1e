r"""ChaCo: the share of a region's streamlines that pass a lesion (change in connectivity).

:math:`ChaCo_r` = streamlines ending in region r that pass the lesion / all streamlines ending in
r, for each reference subject, then mean and standard deviation over reference subjects
(Kuceyeski et al., Brain Connect 2013). Streamlines within one region do not count by default.
Between regions r and q the same is counted over streamlines that end in both.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mslens.connectome.inverse_index import InverseIndex
from mslens.core.arrays import Array, MaskArray
from mslens.core.compiled import kernel
from mslens.core.errors import GridMismatch, InputError

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class EndTotals:
    """All streamlines of a reference by the regions they end in.

    Parameters
    ----------
    ends : ndarray of int32, shape (n, 2)
        Region number of each end, from 1; 0 is no region.
    region : ndarray of int32, shape (subjects, regions + 1)
    pair : ndarray of int32, shape (subjects, regions + 1, regions + 1)
        Upper triangle; column 0 are streamlines with an end in no region.
    include_within : bool
        Whether streamlines within one region count.
    """

    ends: Array
    region: Counts
    pair: Counts
    include_within: bool

    @functools.cached_property
    def n_by_region(self) -> Counts:
        """Reference subjects with streamlines ending in each region, shape (regions + 1,)."""
        return np.asarray((self.region > 0).sum(axis=0))

    @functools.cached_property
    def n_by_pair(self) -> Counts:
        """The same for pairs of regions, shape (regions + 1, regions + 1), symmetric."""
        count = (self.pair > 0).sum(axis=0)
        return np.asarray(np.maximum(count, count.T))


@dataclass(frozen=True, eq=False)
class Disconnection:
    """Disconnection by one lesion mask.

    Parameters
    ----------
    mean, spread : ndarray, shape (regions,)
        Mean and standard deviation (n - 1) over reference subjects that have streamlines
        ending in the region; NaN where none has (mean) or only one (spread).
    n_subjects : ndarray of int, shape (regions,)
        Reference subjects that have any.
    pair_mean, pair_spread : ndarray, shape (regions, regions)
        The same between regions.
    n_hit : int
        Streamlines that pass the lesion, whatever their ends.
    """

    mean: Floats
    spread: Floats
    n_subjects: npt.NDArray[np.int64]
    pair_mean: Floats
    pair_spread: Floats
    n_hit: int


def total_ends(
    ends: Array, subject_of: Array, *, n_regions: int, include_within: bool = False
) -> EndTotals:
    """Count all streamlines of a reference by the regions that they end in.

    Parameters
    ----------
    ends : ndarray of int, shape (n, 2)
        Region number of each end, 1 to `n_regions`; 0 is no region.
    subject_of : ndarray of int, shape (n,)
    n_regions : int
    include_within : bool

    Raises
    ------
    InputError
        If no streamline ends in a region, or a region number is too large.
    """
    if ends.max(initial=0) > n_regions or ends.min(initial=0) < 0:
        raise InputError(f"an end has region {ends.max(initial=0)}", expected=f"0 to {n_regions}")
    every = np.arange(ends.shape[0], dtype=np.int64)
    numbers = np.ascontiguousarray(ends, dtype=np.int32)
    subjects = np.ascontiguousarray(subject_of, dtype=np.int32)
    region, pair = _empty_counts(int(subjects.max()) + 1, n_regions)
    _count(every, numbers, subjects, include_within, region, pair)
    if not region[:, 1:].any():
        raise InputError(
            "no streamline ends in a region",
            expected="a label map in the space of the tractogram",
            cure="Look whether both are in the same template space",
        )
    return EndTotals(numbers, region, pair, include_within)


def measure_disconnection(
    index: InverseIndex, lesions: MaskArray, totals: EndTotals
) -> Disconnection:
    """Measure the disconnection that a lesion mask causes.

    Parameters
    ----------
    index : InverseIndex
    lesions : ndarray of bool, shape = index.grid.shape
        In template space.
    totals : EndTotals

    Returns
    -------
    Disconnection
        All zero when the mask is empty.

    Raises
    ------
    GridMismatch
        If the mask is not on the grid of the index.
    """
    if lesions.shape != index.grid.shape:
        raise GridMismatch(
            f"the lesion mask has shape {lesions.shape}, the index {index.grid.shape}",
            expected="the mask in template space",
            cure="Resample it with the transform from-T1w_to-template",
        )
    hit = np.zeros(index.n_streamlines, dtype=np.uint8)
    _mark(np.flatnonzero(lesions), index.voxel_start, index.visitors, hit)
    streamlines = np.flatnonzero(hit)
    subject_of = np.ascontiguousarray(index.subject_of, dtype=np.int32)
    region, pair = _empty_counts(totals.region.shape[0], totals.region.shape[1] - 1)
    _count(streamlines, totals.ends, subject_of, totals.include_within, region, pair)
    sums, squares = _sum_shares(streamlines, totals.ends, subject_of, pair, totals.pair)
    share = np.divide(region, totals.region, out=np.zeros(region.shape), where=totals.region > 0)
    mean, spread = _moments(share.sum(axis=0), (share**2).sum(axis=0), totals.n_by_region)
    pair_mean, pair_spread = _moments(sums + sums.T, squares + squares.T, totals.n_by_pair)
    return Disconnection(
        mean[1:],
        spread[1:],
        totals.n_by_region[1:],
        pair_mean[1:, 1:],
        pair_spread[1:, 1:],
        int(streamlines.size),
    )


def _empty_counts(n_subjects: int, n_regions: int) -> tuple[Counts, Counts]:
    region = np.zeros((n_subjects, n_regions + 1), dtype=np.int32)
    return region, np.zeros((n_subjects, n_regions + 1, n_regions + 1), dtype=np.int32)


def _moments(sums: Floats, squares: Floats, count: Counts) -> tuple[Floats, Floats]:
    """Mean and standard deviation (n - 1) from sums over `count` subjects."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(count > 0, sums / count, np.nan)
        variance = np.maximum(squares - count * mean**2, 0.0) / (count - 1)
        return mean, np.where(count > 1, np.sqrt(variance), np.nan)


@kernel
def _mark(voxels: Array, voxel_start: Array, visitors: Array, hit: Array) -> None:
    for voxel in voxels:
        for place in range(voxel_start[voxel], voxel_start[voxel + 1]):
            hit[visitors[place]] = 1


@kernel
def _count(
    streamlines: Array,
    ends: Array,
    subject_of: Array,
    include_within: bool,
    region: Counts,
    pair: Counts,
) -> None:
    for streamline in streamlines:
        a = min(ends[streamline, 0], ends[streamline, 1])
        b = max(ends[streamline, 0], ends[streamline, 1])
        subject = subject_of[streamline]
        if a != b:
            region[subject, a] += 1
        elif not include_within:
            continue
        region[subject, b] += 1
        pair[subject, a, b] += 1


@kernel
def _sum_shares(
    streamlines: Array, ends: Array, subject_of: Array, pair: Counts, total: Counts
) -> tuple[Floats, Floats]:
    """Sum hit / total and its square over subjects; uses `pair` up.

    Halved on the diagonal, so that a matrix plus its transpose is the whole.
    """
    size = pair.shape[1]
    sums = np.zeros((size, size))
    squares = np.zeros((size, size))
    for streamline in streamlines:
        a = min(ends[streamline, 0], ends[streamline, 1])
        b = max(ends[streamline, 0], ends[streamline, 1])
        subject = subject_of[streamline]
        if pair[subject, a, b] > 0:
            share = pair[subject, a, b] / total[subject, a, b]
            weight = 0.5 if a == b else 1.0
            sums[a, b] += weight * share
            squares[a, b] += weight * share * share
            pair[subject, a, b] = 0
    return sums, squares
