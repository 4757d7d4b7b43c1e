"""Recognise an image whose skull was removed before, and take its support as the brain mask.

Such an image has one constant value around one brain-sized object, does not run off the field of
view over much of its surface, and gets no darker a few millimetres under its surface, where a
head has its skull.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import MaskArray
from mslens.core.settings import Settings
from mslens.core.volume import Volume
from mslens.image.components import label_components


class SkullStrippedSettings(Settings):
    """Settings of `examine_support`."""

    #: Least share of voxels with the constant background value.
    min_background: float = Field(default=0.3, gt=0, lt=1)
    #: Volumes of a brain, ventricles filled.
    volume_range_ml: tuple[float, float] = (500.0, 2300.0)
    #: Largest share of the object's voxels that lie on a face of the image.
    max_on_border: float = Field(default=0.03, ge=0, lt=1)
    #: Depths of skull under a scalp, and of brain, under the object's surface.
    skull_depth_mm: tuple[float, float] = (6.0, 14.0)
    brain_depth_mm: float = Field(default=22.0, gt=0)
    #: The image is a head where some shell at skull's depth has less than this share of the
    #: brain's median intensity.
    skull_share: float = Field(default=0.55, gt=0, lt=1)


@dataclass(frozen=True, eq=False)
class Support:
    """What the examination found; `mask` is the support without holes."""

    is_brain: bool
    mask: Volume
    background_share: float
    volume_ml: float
    on_border_share: float
    darkest_shell: float


def examine_support(image: Volume, *, settings: SkullStrippedSettings) -> Support:
    """Say whether `image` shows a brain without skull, and where.

    Parameters
    ----------
    image : Volume, scalar
    settings : SkullStrippedSettings

    Returns
    -------
    Support
    """
    data = np.asarray(image.data)
    background = float(np.median(_border_values(data)))
    is_background = data == np.float32(background)
    share = float(is_background.mean())
    labels = label_components(~is_background, connectivity=6)
    mask = np.asarray(ndimage.binary_fill_holes(labels == 1))
    count = max(int(np.count_nonzero(mask)), 1)
    volume = count * image.grid.voxel_volume_ml
    border = sum(
        int(np.count_nonzero(np.take(mask, end, axis=axis))) for axis in range(3) for end in (0, -1)
    )
    on_border = border / count
    low, high = settings.volume_range_ml
    looks_like_one = (
        share >= settings.min_background
        and low <= volume <= high
        and on_border <= settings.max_on_border
    )
    darkest = _darkest_shell(image, mask, settings) if looks_like_one else 0.0
    return Support(
        is_brain=looks_like_one and darkest >= settings.skull_share,
        mask=image.like(mask, "mask"),
        background_share=share,
        volume_ml=volume,
        on_border_share=on_border,
        darkest_shell=darkest,
    )


def _border_values(data: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    corners = [(0, -1)] * 3
    return np.array([data[i, j, k] for i in corners[0] for j in corners[1] for k in corners[2]])


def _darkest_shell(image: Volume, mask: MaskArray, settings: SkullStrippedSettings) -> float:
    """Lowest median of 2 mm shells at skull's depth, over the median of the depth."""
    depth = ndimage.distance_transform_edt(mask, sampling=image.grid.voxel_size_mm)
    data = np.asarray(image.data)
    deep = depth >= settings.brain_depth_mm
    if not deep.any():
        return 0.0
    reference = float(np.median(data[deep]))
    first, last = settings.skull_depth_mm
    medians = []
    for start in np.arange(first, last, 2.0):
        shell = (depth >= start) & (depth < start + 2.0)
        if shell.any():
            medians.append(float(np.median(data[shell])))
    if not medians or reference <= 0:
        return 0.0
    return min(medians) / reference
