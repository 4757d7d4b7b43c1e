"""Deformable registration: greedy compositional steps up the squared local correlation.

phi <- S2 * (phi o (id + d)), d = S1 * gradient, scaled so that its longest vector is `step`
voxels; coarse to fine (greedy: Yushkevich 2016; Joshi 2004, doi:10.1016/j.neuroimage.2004.07.068).
One thread, no random numbers: the same input gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
from pydantic import Field

from mslens.core.grid import Grid
from mslens.core.settings import Settings
from mslens.core.transform import DisplacementTransform, TransformChain
from mslens.core.volume import Volume
from mslens.image.displacement import compose_displacement
from mslens.image.resample import resample
from mslens.image.unfold import bound_jacobian
from mslens.preprocess.field_filters import compose_update, gaussian_weights, smooth, warp
from mslens.preprocess.local_correlation import measure_local_correlation, prepare_fixed

#: Iterations over which the metric's gain is watched.
_WINDOW = 8
#: A level ends when its step was halved to this share of the first.
_SMALLEST_STEP = 1 / 16
#: Levels below this share of the image's shortest voxel edge are left out.
_FINER_THAN_IMAGE = 0.8


class DeformableSettings(Settings):
    """Settings of `register_deformable`."""

    #: Voxel size of each level, coarse to fine. A level much finer than the fixed image's own
    #: voxels is left out: it would follow the interpolation.
    levels_mm: tuple[float, ...] = (8.0, 4.0, 2.0)
    iterations: tuple[int, ...] = (60, 50, 30)
    #: Half edge of the correlation's cube in voxels.
    radius: int = Field(default=2, ge=1, le=8)
    #: Gaussian on each step (as a fluid) and on the whole field (as an elastic body), voxels.
    step_sigma: float = Field(default=1.75, gt=0)
    field_sigma: float = Field(default=0.6, ge=0)
    #: Longest vector of a step, voxels.
    step: float = Field(default=0.5, gt=0, le=1)
    #: A level ends when the metric's gain over eight iterations falls below this.
    min_gain: float = Field(default=2e-4, ge=-1)
    #: After each level the field is smoothed wherever it shrinks or grows volumes by more than
    #: this factor or its inverse, so that the next level starts from a field without folds.
    smallest_jacobian: float = Field(default=0.2, gt=0, lt=1)


@dataclass(frozen=True)
class DeformableFit:
    """Field on the finest level's grid, and what was seen at each level.

    The metric is that of the level's start and end; the smoothing is the largest change, in mm,
    that was needed to keep the Jacobian within its bounds.
    """

    transform: DisplacementTransform
    metric: tuple[tuple[float, float], ...]
    iterations: tuple[int, ...]
    smoothing_mm: tuple[float, ...]


def register_deformable(
    fixed: Volume,
    moving: Volume,
    *,
    initial: TransformChain,
    weight: Volume,
    box: Grid,
    settings: DeformableSettings,
) -> DeformableFit:
    """Find the field that follows `initial`'s start: fixed points to points that `initial` takes.

    Parameters
    ----------
    fixed, moving : Volume, scalar
    initial : sequence of transforms
        Pull-back from fixed points to moving points, kept as it is; the chain
        ``(result, *initial)`` resamples the moving image onto the fixed one.
    weight : Volume, scalar, 0-1, on any grid of the fixed space
        Where the fixed image counts; 0 outside its grid. Where nothing counts at a level,
        nothing moves.
    box : Grid
        Field of view of the registration, axis-aligned RAS; its voxel size is replaced.
    settings : DeformableSettings

    Returns
    -------
    DeformableFit
    """
    transform: DisplacementTransform | None = None
    metric, counts, smoothing = [], [], []
    low = settings.smallest_jacobian
    for level_mm, iterations in _list_levels(settings, finest_mm=min(fixed.grid.voxel_size_mm)):
        grid = box.resampled((level_mm, level_mm, level_mm))
        weights = resample(weight, grid, antialias=True).data
        target = _standardised(resample(fixed, grid, antialias=True).data, weights)
        source = _standardised(resample(moving, grid, initial, antialias=True).data, weights)
        field = np.zeros((3, *grid.shape), dtype=np.float32)
        if transform is not None:
            finer = compose_displacement((transform,), grid).displacement_mm
            field = np.ascontiguousarray(np.moveaxis(finer, -1, 0)) / np.float32(level_mm)
        history = _climb(target, source, weights, field, iterations, settings)
        metric.append((history[0], history[-1]))
        counts.append(len(history))
        found = np.ascontiguousarray(np.moveaxis(field, 0, -1)) * np.float32(level_mm)
        bounded = bound_jacobian(DisplacementTransform(found, grid), low=low, high=1.0 / low)
        smoothing.append(bounded.largest_change_mm)
        transform = bounded.transform
    if transform is None:
        raise ValueError("no level is set")
    return DeformableFit(transform, tuple(metric), tuple(counts), tuple(smoothing))


def _list_levels(settings: DeformableSettings, *, finest_mm: float) -> list[tuple[float, int]]:
    """List voxel size and iterations of the levels that the image can tell something at."""
    levels = list(zip(settings.levels_mm, settings.iterations, strict=True))
    return levels[:1] + [level for level in levels[1:] if level[0] >= _FINER_THAN_IMAGE * finest_mm]


def _standardised(
    data: npt.NDArray[np.float32], weights: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Mean 0, variance 1 over the weights; tails beyond the 0.5 and 99.5 percentile cut off."""
    inside = data[weights > 0.5]
    if inside.size == 0:
        return np.zeros_like(data)
    low, high = np.percentile(inside, (0.5, 99.5))
    values = np.clip(data, low, high)
    inside = np.clip(inside, low, high)
    scaled = (values - inside.mean()) / max(float(inside.std()), 1e-12)
    return np.ascontiguousarray(scaled, dtype=np.float32)


def _climb(
    target: npt.NDArray[np.float32],
    source: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    field: npt.NDArray[np.float32],
    iterations: int,
    settings: DeformableSettings,
) -> list[float]:
    """Improve `field` in place and return the metric of each accepted step.

    A step that lowers the metric is taken back and halved.
    """
    statistics = prepare_fixed(target, np.ascontiguousarray(weights), radius=settings.radius)
    workspace = np.empty((4, *target.shape), dtype=np.float32)
    trial, warped = field.copy(), np.empty_like(target)
    direction = np.zeros_like(field)
    of_step = gaussian_weights(settings.step_sigma)
    of_field = gaussian_weights(settings.field_sigma)
    history: list[float] = []
    step = settings.step
    for _ in range(iterations):
        warp(source, trial, warped)
        metric = measure_local_correlation(statistics, warped, workspace)
        if history and metric < history[-1]:
            step /= 2
            if step < _SMALLEST_STEP * settings.step:
                break
        else:
            field[:] = trial
            history.append(metric)
            if len(history) > _WINDOW and metric - history[-1 - _WINDOW] < settings.min_gain:
                break
            for component in workspace[:3]:
                smooth(component, of_step, workspace[3])
            longest = _longest(workspace[:3])
            if longest <= 0:
                break
            np.divide(workspace[:3], np.float32(longest), out=direction)
        compose_update(field, direction * np.float32(step), trial)
        if settings.field_sigma > 0:
            for component in trial:
                smooth(component, of_field, workspace[3])
    return history


@numba.njit(cache=True, nogil=True)
def _longest(field: npt.NDArray[np.float32]) -> float:
    longest = 0.0
    for i in range(field.shape[1]):
        for j in range(field.shape[2]):
            for k in range(field.shape[3]):
                length = field[0, i, j, k] ** 2 + field[1, i, j, k] ** 2 + field[2, i, j, k] ** 2
                longest = max(longest, length)
    return float(np.sqrt(longest))
