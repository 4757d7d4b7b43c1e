"""Align a brain that is already cut out with the template: affine, by mutual information."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from pydantic import Field

from mslens.core.arrays import MaskArray
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.preprocess.field_of_view import widen_mask
from mslens.preprocess.linear import (
    LEVER_MM,
    LinearFit,
    LinearSettings,
    build_matrix,
    register_linear,
)


class BrainPoseSettings(Settings):
    """Settings of `align_brain`."""

    tilts_deg: tuple[float, ...] = (-40.0, -20.0, 0.0, 20.0, 40.0)
    rolls_deg: tuple[float, ...] = (-25.0, 0.0, 25.0)
    yaws_deg: tuple[float, ...] = (-25.0, 0.0, 25.0)
    margin_mm: float = Field(default=6.0, ge=0)
    linear: LinearSettings = LinearSettings(
        parameters="affine",
        levels_mm=(8.0, 4.0, 3.0),
        smoothness_mm=(8.0, 4.0, 3.0),
        kept_starts=(4, 2, 1),
    )


def align_brain(
    image: Volume,
    mask: MaskArray,
    template: Volume,
    brain: Volume,
    *,
    settings: BrainPoseSettings,
    rng: np.random.Generator,
    first: Sequence[AffineTransform] = (),
) -> LinearFit:
    """Find the affine map of points of the image to points of the template.

    Parameters
    ----------
    image : Volume, scalar
    mask : ndarray of bool, shape = image.grid.shape
        The brain; the image counts as 0 outside.
    template, brain : Volume
        Skull-stripped template (scalar) and its brain mask, on one grid.
    settings : BrainPoseSettings
    rng : numpy.random.Generator
    first : sequence of AffineTransform
        Guesses that are tried together with the settings' turns about the brain's centre.

    Returns
    -------
    LinearFit
    """
    masked = image.like(np.where(mask, image.data, 0.0).astype(np.float32))
    rim = widen_mask(mask, voxel_size_mm=image.grid.voxel_size_mm, by_mm=settings.margin_mm)
    centre = image.grid.to_world(np.argwhere(mask).mean(axis=0))
    goal = brain.grid.to_world(np.argwhere(brain.data).mean(axis=0))
    volume_ml = np.count_nonzero(mask) * image.grid.voxel_volume_ml
    goal_ml = np.count_nonzero(brain.data) * brain.grid.voxel_volume_ml
    scale = float(np.clip((goal_ml / volume_ml) ** (1 / 3), 0.7, 1.5))
    starts = [*first, *_turns(centre, goal, scale, settings)]
    return register_linear(masked, template, rim, starts=starts, settings=settings.linear, rng=rng)


def _turns(
    centre: npt.NDArray[np.float64],
    goal: npt.NDArray[np.float64],
    scale: float,
    settings: BrainPoseSettings,
) -> list[AffineTransform]:
    starts = []
    for turn in itertools.product(settings.tilts_deg, settings.rolls_deg, settings.yaws_deg):
        parameters = np.zeros(12)
        parameters[:3] = goal - centre
        parameters[3:6] = np.deg2rad(turn) * LEVER_MM
        parameters[6:9] = np.log(scale) * LEVER_MM
        starts.append(AffineTransform(build_matrix(parameters, centre)))
    return starts
