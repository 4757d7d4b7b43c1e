"""Lesions as shapes in the tissue: each focus grows from its seed until it has its volume.

A focus is {f < tau} with f the stretched distance to its seed, roughened by smooth noise, over
the voxels that can be lesion; tau is the value below which the wanted volume lies. Large
periventricular foci use f^2 = d_ventricle^2 + (.5 d_seed)^2 and so spread along the wall,
merging with others as confluent lesions do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Spacing
from mslens.simulate.lesion_foci import SPREADING_ML, Foci
from mslens.simulate.lesion_priors import LesionPriors

FloatMap = npt.NDArray[np.float32]

#: Wall and seed distance count this much in a spreading lesion.
_WALL, _SEED = 1.0, 0.5
#: Above the ventricle, in the corona radiata, it spreads further, and most along the ventricle.
_UPWARD, _LENGTHWISE = 0.5, 2.0
#: The callosum and the septum count as this much further away.
_MEDIAL = 1.6
_ROUGHNESS = 0.22
#: Width of a lesion's soft edge, and of the halo of half-damaged tissue around it, in mm.
EDGE_MM, _HALO_MM = 1.6, 4.0
_PASSES = 3
_LEAST_RECEPTIVE = 0.25


@dataclass(frozen=True, eq=False)
class LesionMaps:
    """Lesions on the grid of the template's brain box, float32.

    Parameters
    ----------
    share : ndarray
        0 outside, 1 inside, soft over the edge; one half at the border.
    new_share : ndarray
        The same for the foci that are new since the visit before.
    hole : ndarray
        Tissue loss inside lesions, 0 to 1.
    brightness : ndarray
        Relative prolongation of T2 inside lesions, about 1.
    halo : ndarray
        0 to 1: faintly abnormal tissue around lesions, not part of them.
    """

    share: FloatMap
    new_share: FloatMap
    hole: FloatMap
    brightness: FloatMap
    halo: FloatMap


@dataclass(frozen=True, eq=False)
class _Shape:
    """The voxels around one focus that can be lesion, by rising f, and how fast f rises per mm."""

    voxels: npt.NDArray[np.int64]
    distance: FloatMap
    steepness: FloatMap
    cumulative_ml: npt.NDArray[np.float64]

    def threshold(self, volume_ml: float) -> float:
        place = int(np.searchsorted(self.cumulative_ml, volume_ml))
        if not len(self.voxels):
            return 0.0
        return float(self.distance[min(place, len(self.distance) - 1)])


@dataclass(frozen=True, eq=False)
class LesionBed:
    """What lesions of one person grow in, on the grid of the template's brain box.

    Parameters
    ----------
    priors : LesionPriors
    receptive : ndarray, shape (x, y, z), float32
        How much of each voxel can become lesion, 0 to 1.
    noise : ndarray, shape (x, y, z), float32
        Smooth, unit variance: roughens the outlines; the same at every visit.
    voxel_size_mm : tuple of 3 float
    ml_per_voxel : float
        Volume of a voxel of this grid in the subject.
    """

    priors: LesionPriors
    receptive: FloatMap
    noise: FloatMap
    voxel_size_mm: Spacing
    ml_per_voxel: float


def fit_foci(foci: Foci, bed: LesionBed) -> Foci:
    """Scale the foci until their union, not their sum, has the wanted volume.

    Parameters
    ----------
    foci : Foci
    bed : LesionBed

    Returns
    -------
    Foci
    """
    wanted = foci.volume_ml
    shapes = [_shape_of(foci, i, wanted[i], bed) for i in range(len(foci))]
    asked = wanted.copy()
    for _ in range(_PASSES if len(foci) else 0):
        inside = _unite(shapes, asked, bed.receptive.size)
        got = float((bed.receptive.ravel() * inside).sum(dtype=np.float64)) * bed.ml_per_voxel
        asked = asked * np.clip(wanted.sum() / max(got, 1e-6), 0.5, 2.0)
    return replace(foci, volume_ml=asked)


def grow_lesions(
    foci: Foci, bed: LesionBed, *, years: float, years_before: float | None = None
) -> LesionMaps:
    """Grow every focus to the volume that it has at a visit.

    Parameters
    ----------
    foci : Foci
    bed : LesionBed
    years : float
        Time of the visit, from the first one.
    years_before : float, optional
        Time of the visit before: foci with a later onset are new.

    Returns
    -------
    LesionMaps
    """
    wanted = foci.volume_at(years)
    shapes = [_shape_of(foci, i, wanted[i], bed) for i in range(len(foci))]
    return _render(foci, shapes, wanted, bed.receptive, years_before)


def _shape_of(foci: Foci, i: int, volume_ml: float, bed: LesionBed) -> _Shape:
    if volume_ml <= 0:
        none = np.empty(0, np.float32)
        return _Shape(np.empty(0, np.int64), none, none, np.empty(0))
    spreading = foci.place[i] == "periventricular" and foci.volume_ml[i] > SPREADING_ML
    radius = (3000.0 * volume_ml / (4.0 * np.pi)) ** (1 / 3)
    reach = (5.0 if spreading else 2.6) * radius + 4.0
    box = tuple(
        slice(max(0, int(c - reach / s)), int(c + reach / s) + 2)
        for c, s in zip(foci.index[i], bed.voxel_size_mm, strict=True)
    )
    can, noise = bed.receptive[box], bed.noise[box]
    away = _distance_to_seed(foci, i, box, can.shape, bed, is_spreading=spreading)
    slope = np.ones_like(away)
    if spreading:
        upward = np.clip(bed.priors.away_from_ventricle[box][..., 2], 0, 1)
        wall = _WALL * bed.priors.ventricle_mm[box] * (1 - np.float32(_UPWARD) * upward)
        away = np.sqrt(wall**2 + (_SEED * away) ** 2)
        # The step at the border of the midline is no steepness: it would end the edge there.
        slope = np.linalg.norm(np.gradient(away, *bed.voxel_size_mm), axis=0)
        medial = 1 + np.float32(_MEDIAL) * bed.priors.medial[box]
        away, slope = away * medial, np.clip(slope, _SEED / _LENGTHWISE, _WALL) * medial
    away = away * (1 + np.float32(_ROUGHNESS) * noise) + np.float32(0.15) * noise
    local = np.flatnonzero((can > _LEAST_RECEPTIVE) & (away < reach))
    local = local[np.argsort(away.ravel()[local], kind="stable")]
    index = np.unravel_index(local, can.shape)
    voxels = np.ravel_multi_index(
        tuple(axis + cut.start for axis, cut in zip(index, box, strict=True)), bed.receptive.shape
    )
    cumulative = np.cumsum(can.ravel()[local], dtype=np.float64) * bed.ml_per_voxel
    return _Shape(voxels, away.ravel()[local], slope.ravel()[local], cumulative)


def _distance_to_seed(
    foci: Foci,
    i: int,
    box: tuple[slice, ...],
    shape: tuple[int, ...],
    bed: LesionBed,
    *,
    is_spreading: bool,
) -> FloatMap:
    """Distance in mm with the focus's own axes, the first away from the ventricle."""
    x, y, z = foci.index[i]
    first = bed.priors.away_from_ventricle[x, y, z].astype(np.float64)
    if np.linalg.norm(first) < 0.5:
        first = np.array([0.0, 0.0, 1.0])
    helper = np.eye(3)[int(np.argmin(np.abs(first)))]
    second = np.cross(first, helper)
    second /= np.linalg.norm(second)
    third = np.cross(first, second)
    c, s = np.cos(foci.turn[i]), np.sin(foci.turn[i])
    axes = np.stack([first, c * second + s * third, -s * second + c * third])
    metric = (axes.T / foci.stretch[i] ** 2) @ axes
    if is_spreading:
        metric = np.diag([1.0, 1 / _LENGTHWISE**2, 1.0])
    offsets = [
        ((np.arange(n) + cut.start - centre) * size).astype(np.float32)
        for n, cut, centre, size in zip(shape, box, foci.index[i], bed.voxel_size_mm, strict=True)
    ]
    ox, oy, oz = offsets[0][:, None, None], offsets[1][None, :, None], offsets[2][None, None, :]
    m = metric.astype(np.float32)
    squared = m[0, 0] * ox**2 + m[1, 1] * oy**2 + m[2, 2] * oz**2
    squared = squared + 2 * (m[0, 1] * ox * oy + m[0, 2] * ox * oz + m[1, 2] * oy * oz)
    return np.asarray(np.sqrt(np.maximum(squared, 0)), dtype=np.float32)


def _unite(
    shapes: list[_Shape], volume_ml: npt.NDArray[np.float64], n_voxels: int
) -> npt.NDArray[np.bool_]:
    inside = np.zeros(n_voxels, dtype=bool)
    for form, volume in zip(shapes, volume_ml, strict=True):
        inside[form.voxels[: int(np.searchsorted(form.cumulative_ml, volume)) + 1]] = True
    return inside


def _render(
    foci: Foci,
    shapes: list[_Shape],
    volume_ml: npt.NDArray[np.float64],
    receptive: FloatMap,
    years_before: float | None,
) -> LesionMaps:
    size = receptive.size
    depth = np.full(size, np.float32(-1e3))
    new_depth = np.full(size, np.float32(-1e3))
    hole, brightness = np.zeros(size, np.float32), np.ones(size, np.float32)
    for i, (form, volume) in enumerate(zip(shapes, volume_ml, strict=True)):
        if not len(form.voxels) or volume <= 0:
            continue
        within = (np.float32(form.threshold(volume)) - form.distance) / form.steepness
        deeper = within > depth[form.voxels]
        winners = form.voxels[deeper]
        depth[winners] = within[deeper]
        hole[winners] = foci.hole[i]
        brightness[winners] = foci.brightness[i]
        if years_before is not None and foci.onset_years[i] > years_before:
            new_depth[form.voxels] = np.maximum(new_depth[form.voxels], within)
    share, new_share = (
        np.clip(0.5 + values / np.float32(EDGE_MM), 0, 1) * (receptive.ravel() > _LEAST_RECEPTIVE)
        for values in (depth, new_depth)
    )
    halo = np.clip(1.0 + (depth - EDGE_MM / 2) / np.float32(_HALO_MM), 0, 1) * (1 - share)
    shape = receptive.shape
    return LesionMaps(
        share=share.reshape(shape).astype(np.float32),
        new_share=new_share.reshape(shape).astype(np.float32),
        hole=hole.reshape(shape),
        brightness=brightness.reshape(shape),
        halo=halo.reshape(shape).astype(np.float32),
    )
