r"""A small synthetic reference tractogram, so that disconnection runs offline.

It is NOT anatomy: streamlines are smooth curves between random places of two regions, drawn by
a law of distance, :math:`p \propto n_r n_q e^{-d_{rq} / \lambda}` (Ercsey-Ravasz et al., Neuron
2013), and bent towards the deep white matter. It knows where regions are and that near ones are
connected more, and nothing about real pathways. Every table made with it says "synthetic".
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from mslens.connectome.tractogram import Tractogram
from mslens.core.arrays import Array, LabelArray
from mslens.core.compiled import kernel
from mslens.core.errors import InputError
from mslens.core.grid import Grid
from mslens.core.settings import Settings

Floats = npt.NDArray[np.float64]
#: What the reference is called wherever its results are shown.
SYNTHETIC_NAME = "synthetic-v1 (not anatomy)"
_ATTEMPTS = 6
#: Places of deep white matter that a curve may bend to.
_NEAR = 50


class SyntheticSettings(Settings):
    """How the synthetic reference is drawn.

    Parameters
    ----------
    n_subjects, n_streamlines : int
        Reference subjects, and streamlines of each.
    decay_mm : float
        Distance over which connections become e times fewer.
    step_mm : float
        Distance between points.
    seed : int
    """

    n_subjects: int = 12
    n_streamlines: int = 1500
    decay_mm: float = 35.0
    step_mm: float = 1.0
    seed: int = 0


def synthesise_tractogram(
    labels: LabelArray,
    white_matter: Array,
    *,
    grid: Grid,
    settings: SyntheticSettings,
    rng: np.random.Generator,
) -> Tractogram:
    """Draw the synthetic reference.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
        Regions in template space, 0 elsewhere.
    white_matter : ndarray, shape (x, y, z)
        Non-zero inside.
    grid : Grid
        Of both.
    settings : SyntheticSettings
    rng : numpy.random.Generator

    Returns
    -------
    Tractogram

    Raises
    ------
    InputError
        If there are fewer than two regions, or no white matter.
    """
    numbers = np.setdiff1d(np.unique(labels), [0])
    if numbers.size < 2 or not np.any(white_matter):
        raise InputError(
            f"{numbers.size} region(s) and {int(np.sum(white_matter != 0))} voxels of white matter",
            expected="at least two regions, and white matter between them",
        )
    anatomy = _Anatomy(labels, np.asarray(white_matter) != 0, grid, numbers)
    pairs = anatomy.pair_chances(settings.decay_mm)
    curves: list[Floats] = []
    for _ in range(settings.n_subjects):
        # Subjects differ in how strongly each pair is connected.
        chance = pairs * rng.gamma(4.0, 0.25, size=pairs.size)
        drawn = rng.choice(pairs.size, size=settings.n_streamlines, p=chance / chance.sum())
        curves += [anatomy.draw_curve(int(pair), settings.step_mm, rng) for pair in drawn]
    length = np.array([len(curve) for curve in curves], dtype=np.int64)
    stop = np.cumsum(length)
    subject = np.repeat(np.arange(settings.n_subjects, dtype=np.int32), settings.n_streamlines)
    return Tractogram(np.concatenate(curves).astype(np.float32), stop - length, stop, subject)


class _Anatomy:
    """Where regions and deep white matter are, in world millimetres."""

    def __init__(
        self, labels: LabelArray, white: npt.NDArray[np.bool_], grid: Grid, numbers: Array
    ) -> None:
        self.grid = grid
        self.tissue = white | (labels != 0)
        self.to_index: Floats = np.linalg.inv(grid.affine).astype(np.float64)
        self.voxels = _list_voxels(labels, numbers)
        centres = np.stack([grid.to_world(v.mean(axis=0)) for v in self.voxels])
        self.first, self.second = np.triu_indices(numbers.size, 1)
        self.distance = np.linalg.norm(centres[self.first] - centres[self.second], axis=1)
        self.size = np.array([len(v) for v in self.voxels], dtype=np.float64)
        depth = ndimage.distance_transform_edt(white, sampling=grid.voxel_size_mm)
        deep = np.argwhere(depth >= np.quantile(depth[white], 0.9))
        self.deep_mm = grid.to_world(deep)
        self.deep_tree = cKDTree(self.deep_mm)

    def pair_chances(self, decay_mm: float) -> Floats:
        """Chance of each pair of regions, not normalised."""
        size = self.size[self.first] * self.size[self.second]
        return np.asarray(size * np.exp(-self.distance / decay_mm))

    def draw_curve(self, pair: int, step_mm: float, rng: np.random.Generator) -> Floats:
        """Draw a curve between two regions that stays in the tissue as far as it can."""
        best, best_share = np.empty((0, 3)), -1.0
        for _ in range(_ATTEMPTS):
            curve = self._bend(pair, step_mm, rng)
            share = _measure_share(curve, self.to_index, self.tissue)
            if share > best_share:
                best, best_share = curve, share
            if best_share > 0.98:
                break
        return best

    def _bend(self, pair: int, step_mm: float, rng: np.random.Generator) -> Floats:
        ends = []
        for region in (self.first[pair], self.second[pair]):
            voxels = self.voxels[region]
            voxel = voxels[rng.integers(len(voxels))] + rng.uniform(-0.5, 0.5, 3)
            ends.append(self.grid.to_world(voxel))
        middle = (ends[0] + ends[1]) / 2
        _, near = self.deep_tree.query(middle, k=min(_NEAR, len(self.deep_mm)))
        deep = self.deep_mm[rng.choice(np.atleast_1d(near))]
        pull = rng.uniform(0.5, 0.9)
        controls = [end + pull * (deep - end) for end in ends]
        reach = np.linalg.norm(ends[0] - deep) + np.linalg.norm(ends[1] - deep)
        curve = np.empty((max(3, int(np.ceil(reach / step_mm))), 3))
        _draw_cubic(ends[0], controls[0], controls[1], ends[1], curve)
        return curve


def _list_voxels(labels: LabelArray, numbers: Array) -> list[npt.NDArray[np.int64]]:
    """List the voxels of each region in the order of the array."""
    inside = np.argwhere(labels != 0)
    order = np.argsort(labels[tuple(inside.T)], kind="stable")
    sorted_labels = labels[tuple(inside[order].T)]
    start = np.searchsorted(sorted_labels, numbers, "left")
    stop = np.searchsorted(sorted_labels, numbers, "right")
    return [inside[order[a:b]] for a, b in zip(start, stop, strict=True)]


@kernel
def _draw_cubic(first: Floats, second: Floats, third: Floats, last: Floats, out: Floats) -> None:
    """Bezier curve of four points at equal steps of its parameter."""
    n = out.shape[0]
    for i in range(n):
        t = 1.0 if i == n - 1 else i * (1.0 / (n - 1))
        s = 1.0 - t
        for axis in range(3):
            out[i, axis] = (
                s**3 * first[axis]
                + 3 * s**2 * t * second[axis]
                + 3 * s * t**2 * third[axis]
                + t**3 * last[axis]
            )


@kernel
def _measure_share(curve: Floats, to_index: Floats, tissue: npt.NDArray[np.bool_]) -> float:
    """Share of the points whose nearest voxel is tissue; outside the nearest one counts."""
    inside = 0
    index = np.empty(3, dtype=np.int64)
    for p in range(curve.shape[0]):
        for axis in range(3):
            place = to_index[axis, 3]
            for k in range(3):
                place += to_index[axis, k] * curve[p, k]
            nearest = int(np.floor(place + 0.5))
            index[axis] = min(max(nearest, 0), tissue.shape[axis] - 1)
        inside += tissue[index[0], index[1], index[2]]
    return inside / curve.shape[0]
