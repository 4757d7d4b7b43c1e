"""Linear registration by normalised mutual information, coarse to fine, from many starts.

Every start is scored at the coarsest level, the best few are optimised there (Powell 1964,
doi:10.1093/comjnl/7.2.155) and handed on, fewer at each finer level; of those that end at the same
place one goes on. The points lie on a lattice that is shaken at random (with the caller's
generator) against the interpolation artefact of grid-aligned samples (Pluim 2000,
doi:10.1006/cviu.1999.0816).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import optimize

from mslens.core.arrays import MaskArray
from mslens.core.errors import ImageError
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.interpolate import sample_linear, sample_nearest
from mslens.image.resample import coarsen
from mslens.preprocess.field_of_view import bound_mask
from mslens.preprocess.mutual_information import MetricSamples, measure_mutual_information

#: Rotations, scales and shears are optimised as millimetres moved at this distance.
LEVER_MM = 75.0
MIN_SAMPLES = 100
#: Ends of two starts that lie closer than this share of the level's spacing are the same.
_SAME_PLACE = 0.25


class LinearSettings(Settings):
    """Settings of `register_linear`."""

    parameters: Literal["rigid", "affine"] = "rigid"
    #: Spacing of the samples, coarse to fine.
    levels_mm: tuple[float, ...] = (8.0, 4.0, 2.0)
    #: Voxel size to which both images are smoothed at each level (never below their own).
    smoothness_mm: tuple[float, ...] = (8.0, 4.0, 1.0)
    #: Starts that are optimised at each level.
    kept_starts: tuple[int, ...] = (4, 2, 1)
    n_bins: int = Field(default=32, ge=8, le=256)
    tolerance_mm: float = Field(default=0.02, gt=0)
    max_iterations: int = Field(default=8, ge=1)


@dataclass(frozen=True)
class LinearFit:
    """The transform (fixed points to moving points) and how well the images agree."""

    transform: AffineTransform
    nmi: float
    covered: float


def build_matrix(
    parameters: npt.NDArray[np.float64], centre_mm: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Build a 4x4 matrix from 6 or 12 parameters, each in mm.

    Parameters
    ----------
    parameters : ndarray, shape (6,) or (12,)
        Translation, rotation about x, y, z, then log-scales and shears, the last nine as
        millimetres at `LEVER_MM`.
    centre_mm : ndarray, shape (3,)
        Point about which rotation, scaling and shear act.
    """
    a, b, c = parameters[3:6] / LEVER_MM
    turn_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    turn_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    turn_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    linear = turn_z @ turn_y @ turn_x
    if len(parameters) == 12:
        shear = np.eye(3)
        shear[0, 1], shear[0, 2], shear[1, 2] = parameters[9:12] / LEVER_MM
        linear = linear @ shear @ np.diag(np.exp(parameters[6:9] / LEVER_MM))
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    matrix[:3, 3] = centre_mm + parameters[:3] - linear @ centre_mm
    return matrix


def register_linear(
    fixed: Volume,
    moving: Volume,
    mask: MaskArray,
    *,
    starts: Sequence[AffineTransform],
    settings: LinearSettings,
    rng: np.random.Generator,
) -> LinearFit:
    """Find the rigid or affine map of fixed points to moving points with the largest NMI.

    Parameters
    ----------
    fixed, moving : Volume, scalar
    mask : ndarray of bool, shape = fixed.grid.shape
        Where the fixed image is sampled.
    starts : sequence of AffineTransform
        First guesses of the map; scored, and the best ones optimised.
    settings : LinearSettings
    rng : numpy.random.Generator
        Shakes the sampling lattice.

    Returns
    -------
    LinearFit

    Raises
    ------
    ImageError
        If fewer than 100 sample points fall into the mask at a level.
    """
    n_parameters = 6 if settings.parameters == "rigid" else 12
    centre = np.asarray(fixed.grid.to_world(np.argwhere(mask).mean(axis=0)))
    matrices = [start.matrix for start in starts]
    for level_mm, smooth_mm, kept in zip(
        settings.levels_mm, settings.smoothness_mm, settings.kept_starts, strict=True
    ):
        samples = draw_samples(
            fixed,
            moving,
            mask,
            spacing_mm=level_mm,
            smoothness_mm=smooth_mm,
            n_bins=settings.n_bins,
            rng=rng,
        )
        scored = sorted(
            (
                (-measure_mutual_information(samples, matrix)[0], n)
                for n, matrix in enumerate(matrices)
            )
        )
        ranked: list[tuple[float, npt.NDArray[np.float64]]] = []
        for _, n in scored[:kept]:
            matrix, nmi = _optimise(samples, matrices[n], centre, n_parameters, settings)
            ranked.append((nmi, matrix))
        ranked.sort(key=lambda entry: -entry[0])
        matrices = _leave_distinct([matrix for _, matrix in ranked], centre, _SAME_PLACE * level_mm)
    nmi, covered = measure_mutual_information(samples, matrices[0])
    return LinearFit(AffineTransform(matrices[0]), nmi, covered)


def draw_samples(
    fixed: Volume,
    moving: Volume,
    mask: MaskArray,
    *,
    spacing_mm: float,
    smoothness_mm: float,
    n_bins: int,
    rng: np.random.Generator,
) -> MetricSamples:
    """Sample the fixed image on a shaken lattice inside `mask` and bin both images."""
    low, high = bound_mask(fixed.grid, mask)
    steps = [
        np.arange(a - spacing_mm, b + spacing_mm, spacing_mm)
        for a, b in zip(low, high, strict=True)
    ]
    lattice = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    points = lattice + rng.uniform(0.0, spacing_mm, lattice.shape)
    index = np.ascontiguousarray(fixed.grid.to_index(points))
    inside = np.empty(len(points), dtype=np.uint8)
    sample_nearest(np.ascontiguousarray(mask).view(np.uint8), index, 0, inside)
    points, index = points[inside > 0], index[inside > 0]
    if len(points) < MIN_SAMPLES:
        raise ImageError(
            f"only {len(points)} points at {spacing_mm:g} mm fall into the mask",
            expected=f"at least {MIN_SAMPLES}",
            cure="Look at the mask and at the image's field of view",
        )
    smooth = coarsen(fixed, smoothness_mm)
    values = np.empty(len(points), dtype=np.float32)
    sample_linear(smooth.data, np.ascontiguousarray(smooth.grid.to_index(points)), 0.0, values)
    coarse = coarsen(moving, smoothness_mm)
    foreground = coarse.data[coarse.data > np.percentile(coarse.data, 20)]
    return MetricSamples(
        points_mm=points,
        fixed_bins=_binned(values, values, n_bins),
        moving_bins=_binned(coarse.data, foreground, n_bins),
        moving_grid=coarse.grid,
        n_bins=n_bins,
    )


def _binned(
    values: npt.NDArray[np.float32], reference: npt.NDArray[np.float32], n_bins: int
) -> npt.NDArray[np.float32]:
    if reference.size == 0:
        reference = values
    low, high = np.percentile(reference, (0.5, 99.5))
    scaled = (values - low) / max(float(high - low), 1e-12) * (n_bins - 1)
    return np.clip(scaled, 0.0, n_bins - 1.0).astype(np.float32)


def _optimise(
    samples: MetricSamples,
    start: npt.NDArray[np.float64],
    centre: npt.NDArray[np.float64],
    n_parameters: int,
    settings: LinearSettings,
) -> tuple[npt.NDArray[np.float64], float]:
    def cost(parameters: npt.NDArray[np.float64]) -> float:
        matrix = start @ build_matrix(parameters, centre)
        return -measure_mutual_information(samples, matrix)[0]

    found = optimize.minimize(
        cost,
        np.zeros(n_parameters),
        method="Powell",
        options={
            "xtol": settings.tolerance_mm,
            "ftol": 1e-6,
            "maxiter": settings.max_iterations,
        },
    )
    return start @ build_matrix(np.asarray(found.x), centre), -float(found.fun)


def _leave_distinct(
    matrices: Sequence[npt.NDArray[np.float64]],
    centre: npt.NDArray[np.float64],
    closest_mm: float,
) -> list[npt.NDArray[np.float64]]:
    """Leave out what lies where an earlier one does."""
    distinct: list[npt.NDArray[np.float64]] = []
    for matrix in matrices:
        if all(_distance_mm(matrix, other, centre) >= closest_mm for other in distinct):
            distinct.append(matrix)
    return distinct


def _distance_mm(
    one: npt.NDArray[np.float64],
    other: npt.NDArray[np.float64],
    centre: npt.NDArray[np.float64],
) -> float:
    around = centre + LEVER_MM * np.concatenate([np.eye(3), -np.eye(3)])
    homogeneous = np.concatenate([around, np.ones((6, 1))], axis=1)
    apart = homogeneous @ (one - other)[:3].T
    return float(np.linalg.norm(apart, axis=1).mean())
