"""Remove the background noise of an MP2RAGE uniform image (UNIT1), which then serves as a T1w.

u = I1 I2 / (I1^2 + I2^2) is a ratio: where there is no signal it is salt and pepper. The robust
combination (I1 I2 - b) / (I1^2 + I2^2 + 2 b) is dark there and the same in tissue (O'Brien 2014,
doi:10.1371/journal.pone.0099676). Without I1 it follows from u and I2; without either, what is
rough is taken for noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import Array, FloatArray, MaskArray
from mslens.core.errors import ImageError
from mslens.core.settings import Settings
from mslens.image.components import count_voxels, label_components

Method = Literal["both inversions", "second inversion", "texture"]
#: Share of each axis at its ends whose eight common corners hold nothing but noise.
_CORNER = 0.08
#: Bone and air gaps up to twice this wide belong to the head.
_SKULL_MM = 10.0
#: Brightest value of the result.
_FULL_SCALE = 1000.0


class UniformSettings(Settings):
    """Settings of `remove_uniform_background`."""

    #: Root of b in units of the second inversion's mean in the corners of the image.
    noise_factor: float = Field(default=6.0, gt=0)
    #: Mean distance from the local median, as a share of the full range, that is called noise:
    #: salt and pepper has about 0.2, tissue at a signal-to-noise ratio of 20 about 0.02.
    roughness: float = Field(default=0.08, gt=0, lt=0.5)


@dataclass(frozen=True, eq=False)
class CleanUniform:
    """The image without its noise (0 to 1000, float32), how it was made, and what was removed.

    `background` is the share of voxels that were made dark.
    """

    image: npt.NDArray[np.float32]
    method: Method
    background: float


def remove_uniform_background(
    uniform: Array,
    second: Array | None = None,
    first: Array | None = None,
    *,
    voxel_size_mm: tuple[float, float, float],
    settings: UniformSettings,
) -> CleanUniform:
    """Make the noise around the head dark and keep the tissue's contrast.

    Parameters
    ----------
    uniform : ndarray, shape (x, y, z)
        -0.5 to 0.5, or the same as whole numbers from 0 to 4095; any other range is stretched.
    second, first : ndarray, same shape, optional
        Magnitude of the second and the first inversion, in one scale; `first` alone is not used.
    voxel_size_mm : 3 floats
    settings : UniformSettings

    Raises
    ------
    ImageError
        If the shapes differ.
    """
    for inversion in (second, first):
        if inversion is not None and inversion.shape != uniform.shape:
            raise ImageError(
                f"an inversion has the shape {inversion.shape}", expected=f"{uniform.shape}"
            )
    ratio = _to_ratio(uniform)
    method: Method
    if second is None:
        head = _find_smooth(ratio, settings.roughness, voxel_size_mm)
        clean, method = np.where(head, ratio, -0.5), "texture"
    else:
        later = np.abs(second.astype(np.float64))
        if first is None:
            # The root with |I1| <= I2, which holds where the second inversion is nearly relaxed.
            earlier = later * 2 * ratio / (1 + np.sqrt(np.clip(1 - 4 * ratio**2, 0, None)))
            method = "second inversion"
        else:
            earlier, method = np.sign(ratio) * np.abs(first.astype(np.float64)), "both inversions"
        floor = (settings.noise_factor * _corner_mean(later)) ** 2
        power = earlier**2 + later**2 + 2 * floor
        clean = np.divide(
            earlier * later - floor, power, out=np.full_like(power, -0.5), where=power > 0
        )
    image = ((clean + 0.5) * _FULL_SCALE).astype(np.float32)
    return CleanUniform(image, method, float(np.mean(image < _FULL_SCALE / 50)))


def _to_ratio(uniform: Array) -> FloatArray:
    values = uniform.astype(np.float64)
    low, high = float(values.min()), float(values.max())
    if low >= -0.5 and high <= 0.5 and low < 0:
        return values
    if low >= 0 and 1 < high <= 4095:
        low, high = 0.0, 4095.0
    return np.asarray((values - low) / max(high - low, np.finfo(float).tiny) - 0.5)


def _corner_mean(image: FloatArray) -> float:
    ends = []
    for size in image.shape:
        width = max(1, round(_CORNER * size))
        ends.append(np.r_[:width, size - width : size])
    return float(image[np.ix_(*ends)].mean())


def _find_smooth(
    ratio: FloatArray, roughness: float, voxel_size_mm: tuple[float, float, float]
) -> MaskArray:
    """Return the largest smooth body, closed over the skull and its holes filled."""
    rough = np.abs(ratio - ndimage.median_filter(ratio, 3))
    smooth = ndimage.binary_opening(ndimage.uniform_filter(rough, 5) < roughness)
    labels = label_components(smooth, connectivity=6)
    if not labels.any():
        return np.ones(ratio.shape, dtype=bool)
    body = labels == int(np.argmax(count_voxels(labels))) + 1
    widths = [2 * round(_SKULL_MM / size) + 1 for size in voxel_size_mm]
    closed = ndimage.maximum_filter(body.astype(np.uint8), widths, mode="constant")
    closed = ndimage.minimum_filter(ndimage.binary_fill_holes(closed).astype(np.uint8), widths)
    return np.asarray((closed > 0) | body, dtype=bool)
