"""The voxels of every region of a label map, found in one pass over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.core.errors import ImageError

IntArray = npt.NDArray[np.int64]

#: More regions than this are taken for a map of something else.
MAX_REGIONS = 100_000
#: Labels up to here index a table directly; larger ones are first sorted.
_DIRECT_LABELS = 1_000_000


@dataclass(frozen=True, eq=False)
class Region:
    """One region of a label map.

    Parameters
    ----------
    label : int
    voxels : ndarray, shape (n,), int64
        Flat C-ordered indices into the label map, ascending.
    cells : ndarray, shape (n,), int64
        The same voxels in the padded box: its bounding box with one voxel of rim.
    box : tuple of 3 slice
        Bounding box in the map.
    shape : tuple of 3 int
        Shape of the padded box.
    """

    label: int
    voxels: IntArray
    cells: IntArray
    box: tuple[slice, slice, slice]
    shape: tuple[int, int, int]

    @property
    def size(self) -> int:
        """Number of voxels."""
        return int(self.voxels.size)

    def select(self, keep: Array) -> Region:
        """Return the part of the region whose voxels are marked, in the same padded box."""
        return Region(self.label, self.voxels[keep], self.cells[keep], self.box, self.shape)

    def fill_box(self, values: Array) -> Array:
        """Put one value per voxel into the padded box; the rest is zero."""
        box = np.zeros(self.shape, dtype=values.dtype)
        box.reshape(-1)[self.cells] = values
        return box


@kernel
def _count_labels(flat: Array, counts: Array) -> None:
    for label in flat:
        counts[label] += 1


@kernel
def _list_voxels(flat: Array, starts: Array, voxels: Array) -> None:
    for index in range(flat.size):
        label = flat[index]
        if label > 0:
            voxels[starts[label]] = index
            starts[label] += 1


@kernel
def _bound(voxels: Array, ny: int, nx: int, box: Array) -> None:
    box[0] = box[2] = box[4] = 1 << 60
    box[1] = box[3] = box[5] = -1
    plane = ny * nx
    for v in voxels:
        z = v // plane
        rest = v - z * plane
        y = rest // nx
        x = rest - y * nx
        box[0], box[1] = min(box[0], z), max(box[1], z)
        box[2], box[3] = min(box[2], y), max(box[3], y)
        box[4], box[5] = min(box[4], x), max(box[5], x)


@kernel
def _to_cells(voxels: Array, ny: int, nx: int, box: Array, cells: Array) -> None:
    plane = ny * nx
    my, mx = box[3] - box[2] + 3, box[5] - box[4] + 3
    for n in range(voxels.size):
        z = voxels[n] // plane
        rest = voxels[n] - z * plane
        y = rest // nx
        x = rest - y * nx
        cells[n] = ((z - box[0] + 1) * my + (y - box[2] + 1)) * mx + (x - box[4] + 1)


def find_regions(labels: Array, *, wanted: Sequence[int] | None = None) -> list[Region]:
    """Return the regions of a label map, by ascending label.

    Parameters
    ----------
    labels : ndarray, shape (k, j, i), integer
        Zero is background.
    wanted : sequence of int, optional
        Only these labels, in this order; one that the map lacks is left out.

    Raises
    ------
    ImageError
        If the map is not 3D, holds negative or non-integer labels, or too many of them.
    """
    flat, names = _compact(check_labels(labels))
    counts = np.zeros(names.size + 1, dtype=np.int64)
    _count_labels(flat, counts)
    counts[0] = 0
    present = names[counts[1:] > 0]
    if present.size > MAX_REGIONS:
        raise ImageError(
            f"the label map has {present.size:,} labels",
            expected=f"at most {MAX_REGIONS:,} regions",
            cure="Pass the labels that you want, or check that this is a label map",
        )
    stops = np.cumsum(counts)
    voxels = np.empty(int(stops[-1]), dtype=np.int64)
    _list_voxels(flat, np.concatenate(([0], stops[:-1])), voxels)
    row = {int(name): n + 1 for n, name in enumerate(names)}
    chosen = [int(name) for name in present] if wanted is None else list(wanted)
    found = (label for label in chosen if label in row and counts[row[label]])
    shape = labels.shape
    return [
        _make_region(label, voxels[stops[row[label] - 1] : stops[row[label]]], shape)
        for label in found
    ]


def check_labels(labels: Array) -> Array:
    """Return the label map as a C-ordered integer array, or say what is wrong with it."""
    if labels.ndim != 3:
        raise ImageError(f"the label map has shape {labels.shape}", expected="a 3D map")
    if labels.dtype.kind == "b":
        labels = labels.astype(np.uint8)
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all() or (labels != np.rint(labels)).any():
            raise ImageError(
                "the label map holds values that are not whole numbers",
                expected="integer labels",
                cure="Resample label maps with nearest neighbour, or threshold a probability map",
            )
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iu":
        raise ImageError(f"the label map is of type {labels.dtype}", expected="integer labels")
    if labels.dtype.kind == "i" and labels.size and int(labels.min()) < 0:
        raise ImageError(
            f"the label map holds the label {int(labels.min())}",
            expected="labels of 0 and above",
            cure="A label above 32,767 was probably stored as 16-bit: write the map as int32",
        )
    return np.ascontiguousarray(labels)


def _compact(labels: Array) -> tuple[Array, IntArray]:
    flat = labels.reshape(-1)
    top = int(flat.max(initial=0))
    if top <= _DIRECT_LABELS:
        return flat, np.arange(1, top + 1, dtype=np.int64)
    inside = np.flatnonzero(flat)
    names, places = np.unique(flat[inside], return_inverse=True)
    compact = np.zeros(flat.size, dtype=np.int64)
    compact[inside] = places + 1
    return compact, names.astype(np.int64)


def _make_region(label: int, voxels: IntArray, shape: tuple[int, ...]) -> Region:
    box = np.empty(6, dtype=np.int64)
    _bound(voxels, shape[1], shape[2], box)
    cells = np.empty_like(voxels)
    _to_cells(voxels, shape[1], shape[2], box, cells)
    low, high = box[::2], box[1::2] + 1
    k, j, i = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    dk, dj, di = (int(n) + 2 for n in high - low)
    return Region(label, voxels, cells, (k, j, i), (dk, dj, di))
