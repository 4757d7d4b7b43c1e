"""Find the brain in a head: affine map of a skull-stripped template onto a raw scan.

Thousands of poses (tilts, turns, shifts) around the top of the head are scored by normalised
mutual information, the best ones optimised (`register_linear`). The template's brain is sampled
with a margin, so that the dark skull around the brain takes part.
"""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
from pydantic import Field

from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.resample import coarsen
from mslens.preprocess.field_of_view import widen_mask
from mslens.preprocess.foreground import find_foreground, find_threshold
from mslens.preprocess.linear import (
    LEVER_MM,
    LinearFit,
    LinearSettings,
    build_matrix,
    register_linear,
)

#: From the top of the head to the middle of the template's brain.
_BELOW_TOP_MM = 80.0
#: Part of the head under its top that says where its middle is; the neck is further down.
_HEAD_MM = 150.0


class HeadPoseSettings(Settings):
    """Settings of `find_head_pose`."""

    #: Tilts (nodding), rolls (ear to shoulder) and yaws (shaking) that are tried.
    tilts_deg: tuple[float, ...] = (-40.0, -20.0, 0.0, 20.0, 40.0)
    rolls_deg: tuple[float, ...] = (-25.0, 0.0, 25.0)
    yaws_deg: tuple[float, ...] = (-25.0, 0.0, 25.0)
    #: Shifts to the side, forwards and upwards.
    shifts_mm: tuple[tuple[float, ...], ...] = (
        (-20.0, 0.0, 20.0),
        (-25.0, 0.0, 25.0),
        (-40.0, -20.0, 0.0, 20.0, 40.0),
    )
    #: The template is larger than most brains.
    first_scale: float = Field(default=0.92, gt=0.5, lt=1.5)
    #: Rim around the template's brain that is compared too.
    margin_mm: float = Field(default=6.0, ge=0)
    linear: LinearSettings = LinearSettings(
        parameters="affine",
        levels_mm=(8.0, 4.0),
        smoothness_mm=(8.0, 4.0),
        kept_starts=(8, 2),
    )


def find_head_pose(
    image: Volume,
    template: Volume,
    brain: Volume,
    *,
    settings: HeadPoseSettings,
    rng: np.random.Generator,
) -> LinearFit:
    """Find the affine map of template points to points of the head.

    Parameters
    ----------
    image : Volume, scalar
        Raw scan of a head, any contrast.
    template, brain : Volume
        Skull-stripped template (scalar) and its brain mask, on one grid.
    settings : HeadPoseSettings
    rng : numpy.random.Generator

    Returns
    -------
    LinearFit

    Raises
    ------
    ImageError
        If the image has no foreground.
    """
    coarse = coarsen(image, settings.linear.smoothness_mm[1])
    foreground = coarse.grid.to_world(np.argwhere(find_foreground(coarse.data)))
    top = float(np.percentile(foreground[:, 2], 99.9))
    guess = foreground[foreground[:, 2] > top - _HEAD_MM].mean(axis=0)
    guess[2] = top - _BELOW_TOP_MM
    rim = widen_mask(brain.data, voxel_size_mm=brain.grid.voxel_size_mm, by_mm=settings.margin_mm)
    centre = brain.grid.to_world(np.argwhere(brain.data).mean(axis=0))
    bright = image.data[image.data > find_threshold(np.asarray(coarse.data))]
    capped = np.minimum(image.data, np.percentile(bright, 98)).astype(np.float32)
    return register_linear(
        template,
        image.like(capped),
        rim,
        starts=list_poses(centre, guess, settings=settings),
        settings=settings.linear,
        rng=rng,
    )


def list_poses(
    template_centre_mm: npt.NDArray[np.float64],
    head_centre_mm: npt.NDArray[np.float64],
    *,
    settings: HeadPoseSettings,
) -> list[AffineTransform]:
    """List the first guesses: every tilt, roll, yaw and shift of the settings."""
    poses = []
    turns = itertools.product(settings.tilts_deg, settings.rolls_deg, settings.yaws_deg)
    shifts = list(itertools.product(*settings.shifts_mm))
    for turn in turns:
        for shift in shifts:
            parameters = np.zeros(12)
            parameters[:3] = head_centre_mm - template_centre_mm + np.asarray(shift)
            parameters[3:6] = np.deg2rad(turn) * LEVER_MM
            parameters[6:9] = np.log(settings.first_scale) * LEVER_MM
            poses.append(AffineTransform(build_matrix(parameters, template_centre_mm)))
    return poses
