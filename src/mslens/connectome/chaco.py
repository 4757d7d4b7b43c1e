r"""ChaCo: the share of a region's streamlines that pass a lesion (change in connectivity).

:math:`ChaCo_r` = streamlines ending in region r that pass the lesion / all streamlines ending in
r, for each reference subject, then mean and standard deviation over reference subjects
(Kuceyeski et al., Brain Connect 2013). Streamlines within one region do not count by default.
Between regions r and q the same is counted over streamlines that end in both.

The lists of a run of lesion voxels follow each other in the index: they are read once and mark
their streamlines. Each marked one is then counted under one number that says subject and pair of
regions. Mask and marks are searched eight at a time, since nearly all of them are empty.
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
    code : ndarray of int32 or int64, shape (n,)
        Place of each streamline in `pair`, flattened; -1 where it does not count.
    region : ndarray of int32, shape (subjects, regions + 1)
    pair : ndarray of int32, shape (subjects, regions + 1, regions + 1)
        Upper triangle; column 0 are streamlines with an end in no region.
    include_within : bool
        Whether streamlines within one region count.
    """

    code: Array
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
    size, subjects = n_regions + 1, np.asarray(subject_of, dtype=np.int64)
    low, high = ends.min(axis=1).astype(np.int64), ends.max(axis=1).astype(np.int64)
    code = (subjects * size + low) * size + high
    if not include_within:
        code[low == high] = -1
    shape = (int(subjects.max()) + 1, size, size)
    pair = np.bincount(code[code >= 0], minlength=int(np.prod(shape))).astype(np.int32)
    pair = pair.reshape(shape)
    within = np.diagonal(pair, axis1=1, axis2=2)
    region = (pair.sum(axis=1) + pair.sum(axis=2) - within).astype(np.int32)
    if not region[:, 1:].any():
        raise InputError(
            "no streamline ends in a region",
            expected="a label map in the space of the tractogram",
            cure="Look whether both are in the same template space",
        )
    small = pair.size <= np.iinfo(np.int32).max
    return EndTotals(code.astype(np.int32) if small else code, region, pair, include_within)


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
    hit = np.zeros(-(-index.n_streamlines // 8) * 8, dtype=np.uint8)
    _mark(_find_runs(lesions, index.voxel_start), index.voxel_start, index.visitors, hit)
    pair = np.zeros(totals.pair.size, dtype=np.int32)
    met, n_hit = _count(hit.view(np.uint64), hit, totals.code, pair)
    region, sums, squares = _sum_shares(met, pair, totals.pair)
    share = np.divide(region, totals.region, out=np.zeros(region.shape), where=totals.region > 0)
    mean, spread = _moments(share.sum(axis=0), (share**2).sum(axis=0), totals.n_by_region)
    pair_mean, pair_spread = _moments(sums + sums.T, squares + squares.T, totals.n_by_pair)
    return Disconnection(
        mean[1:],
        spread[1:],
        totals.n_by_region[1:],
        pair_mean[1:, 1:],
        pair_spread[1:, 1:],
        n_hit,
    )


def _moments(sums: Floats, squares: Floats, count: Counts) -> tuple[Floats, Floats]:
    """Mean and standard deviation (n - 1) from sums over `count` subjects."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums / count
        variance = np.maximum(squares - count * mean**2, 0.0) / (count - 1)
        return mean, np.where(count > 1, np.sqrt(variance), np.nan)


def _find_runs(lesions: MaskArray, voxel_start: Array) -> Array:
    """Find runs of lesion voxels, shape (runs, 2), between the first and last that is passed."""
    first = int(np.searchsorted(voxel_start, 0, side="right")) - 1
    last = int(np.searchsorted(voxel_start, voxel_start[-1], side="left"))
    mask = np.ascontiguousarray(lesions, dtype=bool).reshape(-1).view(np.uint8)
    words = mask[: mask.size // 8 * 8].view(np.uint64)
    return _search(words, mask, max(first, 0), last)


@kernel
def _search(words: Array, mask: Array, first: int, last: int) -> Array:
    """Find runs of flags from `first` up to `last`, passing over eight empty ones at a time."""
    runs = np.empty((1024, 2), dtype=np.int64)
    n_runs = 0
    place = first
    while place < last:
        if place % 8 == 0:
            word = place >> 3
            while word < words.size and words[word] == 0:
                word += 1
            place = word << 3
        if place >= last:
            break
        if mask[place] == 0:
            place += 1
            continue
        if n_runs == len(runs):
            # Element by element: Numba takes three seconds to compile an assigned slice.
            longer = np.empty((2 * n_runs, 2), dtype=np.int64)
            for run in range(n_runs):
                longer[run, 0], longer[run, 1] = runs[run, 0], runs[run, 1]
            runs = longer
        runs[n_runs, 0] = place
        while place < last and mask[place] != 0:
            place += 1
        runs[n_runs, 1] = place
        n_runs += 1
    return runs[:n_runs]


@kernel
def _mark(runs: Array, voxel_start: Array, visitors: Array, hit: Array) -> None:
    # Neighbours along the last axis follow each other in the index: one range for the whole run.
    for run in range(len(runs)):
        for place in range(voxel_start[runs[run, 0]], voxel_start[runs[run, 1]]):
            hit[visitors[place]] = 1


@kernel
def _count(words: Array, hit: Array, code: Array, pair: Counts) -> tuple[Array, int]:
    """Count marked streamlines in `pair`; return the places that were met, and the streamlines."""
    met = np.empty(min(code.size, pair.size), dtype=np.int64)
    n_met, n_hit = 0, 0
    for word in range(words.size):
        if words[word] == 0:
            continue
        for streamline in range(8 * word, 8 * word + 8):
            if hit[streamline] == 0:
                continue
            n_hit += 1
            key = code[streamline]
            if key >= 0:
                if pair[key] == 0:
                    met[n_met] = key
                    n_met += 1
                pair[key] += 1
    return met[:n_met], n_hit


@kernel
def _sum_shares(met: Array, pair: Counts, total: Counts) -> tuple[Counts, Floats, Floats]:
    """Count by region, and sum hit / total and its square over subjects, at the places met.

    Sums are halved on the diagonal, so that a matrix plus its transpose is the whole.
    """
    n_subjects, size = total.shape[0], total.shape[1]
    region = np.zeros((n_subjects, size), dtype=np.int32)
    sums = np.zeros((size, size))
    squares = np.zeros((size, size))
    for key in met:
        subject, a, b = key // (size * size), key // size % size, key % size
        region[subject, a] += pair[key]
        if a != b:
            region[subject, b] += pair[key]
        share = pair[key] / total[subject, a, b]
        weight = 0.5 if a == b else 1.0
        sums[a, b] += weight * share
        squares[a, b] += weight * share * share
    return region, sums, squares
