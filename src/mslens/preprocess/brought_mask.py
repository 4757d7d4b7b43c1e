"""Whether a brain mask that the user brings lies where the brain is.

The template fits itself to whatever is inside a mask, so it cannot tell. It is therefore placed in
the whole head, without the mask, by an affine map; of an image without a skull the support says
where the brain is. A mask that is shifted, too large, too small or of somebody else overlaps less.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from mslens.core.settings import Settings
from mslens.core.volume import Volume
from mslens.image.resample import coarsen, resample
from mslens.io.templates import Template
from mslens.preprocess.flags import Flag, warn
from mslens.preprocess.head_pose import HeadPoseSettings, find_head_pose
from mslens.preprocess.linear import LinearSettings
from mslens.preprocess.mask_quality import measure_overlap


class BroughtMaskSettings(Settings):
    """Settings of `measure_brought_mask`.

    Parameters
    ----------
    min_overlap : float
        Dice with our own estimate below which the mask is flagged.
    pose : HeadPoseSettings
        Of the template in the head.
    voxel_size_mm : float
        To which the head is coarsened.
    """

    min_overlap: float = Field(default=0.92, ge=0, le=1)
    #: No finer than it takes to see a centimetre.
    pose: HeadPoseSettings = HeadPoseSettings(
        linear=LinearSettings(
            parameters="affine",
            levels_mm=(8.0, 4.0),
            smoothness_mm=(8.0, 4.0),
            kept_starts=(4, 1),
        )
    )
    voxel_size_mm: float = Field(default=3.0, gt=0)


def measure_brought_mask(
    image: Volume,
    mask: Volume,
    template: Template,
    *,
    support: Volume | None,
    settings: BroughtMaskSettings,
    rng: np.random.Generator,
) -> float:
    """Measure how well a mask agrees with where the brain is.

    Parameters
    ----------
    image : Volume, scalar
    mask : Volume, mask
        The user's, on the image's grid.
    template : Template
    support : Volume, mask, optional
        Of an image without a skull.
    settings : BroughtMaskSettings
    rng : numpy.random.Generator

    Returns
    -------
    float
        Dice's overlap.
    """
    brain = support
    if brain is None:
        coarse = coarsen(image, settings.voxel_size_mm)
        pose = find_head_pose(coarse, template.t1w, template.brain, settings=settings.pose, rng=rng)
        brain = resample(template.brain, image.grid, (pose.transform.inverse(),))
    return measure_overlap(np.asarray(mask.data), np.asarray(brain.data))


def judge_brought_mask(overlap: float, *, settings: BroughtMaskSettings) -> list[Flag]:
    """Flag a mask of the user's that does not lie where the brain seems to be."""
    if overlap >= settings.min_overlap:
        return []
    return [
        warn(
            f"Your brain mask and our own rough estimate of the brain overlap by {overlap:.2f} only"
            f" (Dice, < {settings.min_overlap:.2f}): is it of this image, in its place, and of the"
            " whole brain alone?"
        )
    ]
