"""Give one image the intensities of another of the same head: what differs smoothly is taken out.

The logarithm of the ratio of both images, smoothed by a wide Gaussian over normal tissue
(normalised convolution, Knutsson and Westin 1993), holds the difference of scale and of bias field;
it is shared out, half to each image (after Lewis and Fox, NeuroImage 2004,
doi:10.1016/j.neuroimage.2004.04.030).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.core.errors import ImageError
from mslens.core.settings import Settings

Floats = npt.NDArray[np.float32]
#: Voxels below this share of the median of the brain are fluid or air: their ratio is noise.
_LEAST_SHARE = 0.3
#: Largest ratio of two voxels that is taken for bias and scale (natural logarithm).
_LARGEST_LOG_RATIO = 0.7
_REACH = 3.0
#: Share of the normal tissue below which a field cannot be estimated from it.
_LEAST_TISSUE = 0.05


class IntensityMatchSettings(Settings):
    """Settings of `match_intensities`.

    Parameters
    ----------
    smoothing_mm : float
        Standard deviation of the Gaussian: far wider than a lesion.
    working_voxel_mm : float
        The field is estimated on about this grid.
    """

    smoothing_mm: float = Field(default=25.0, gt=0)
    working_voxel_mm: float = Field(default=4.0, gt=0)


def match_intensities(
    one: Array,
    other: Array,
    normal: MaskArray,
    *,
    voxel_size_mm: Spacing,
    settings: IntensityMatchSettings,
) -> tuple[Floats, Floats]:
    """Match two images; the median of normal tissue becomes 1 in both.

    Parameters
    ----------
    one, other : ndarray, shape (x, y, z)
        Images of one contrast on one grid.
    normal : ndarray of bool, shape (x, y, z)
        Brain without lesions.
    voxel_size_mm : tuple of 3 float
    settings : IntensityMatchSettings

    Returns
    -------
    one, other : ndarray, shape (x, y, z), float32

    Raises
    ------
    ImageError
        If hardly any tissue is left to compare.
    """
    first, second = (np.asarray(image, dtype=np.float32) for image in (one, other))
    first, second = (_scaled(image, normal) for image in (first, second))
    tissue = normal & (first > _LEAST_SHARE) & (second > _LEAST_SHARE)
    _require_tissue(tissue, normal)
    log_ratio = np.zeros(first.shape, dtype=np.float32)
    np.log(second, out=log_ratio, where=tissue)
    log_ratio -= np.log(first, where=tissue, out=np.zeros_like(log_ratio))
    middle = float(np.median(log_ratio[tissue]))
    tissue &= np.abs(log_ratio - middle) < _LARGEST_LOG_RATIO
    _require_tissue(tissue, normal)
    half = np.exp(0.5 * _smooth(log_ratio, tissue, voxel_size_mm, settings))
    return first * half, second / half


def _require_tissue(tissue: MaskArray, normal: MaskArray) -> None:
    share = np.count_nonzero(tissue) / np.count_nonzero(normal)
    if share < _LEAST_TISSUE:
        raise ImageError(
            f"only {share:.0%} of the normal tissue can be compared between two images",
            expected=f"{_LEAST_TISSUE:.0%} at least that is bright in both and alike",
            cure="Look whether both are of one contrast and lie on each other",
        )


def _scaled(image: Floats, normal: MaskArray) -> Floats:
    inside = image[normal]
    median = float(np.median(inside)) if inside.size else 0.0
    if not median > 0:
        raise ImageError(
            "an image has no tissue inside the brain mask", expected="intensities above 0"
        )
    return image / np.float32(median)


def _smooth(
    values: Floats, where: MaskArray, voxel_size_mm: Spacing, settings: IntensityMatchSettings
) -> Floats:
    """Mean of `values` over `where` under a wide Gaussian, from a thinned-out lattice."""
    steps = [max(1, round(settings.working_voxel_mm / size)) for size in voxel_size_mm]
    sigma = [
        settings.smoothing_mm / (size * step)
        for size, step in zip(voxel_size_mm, steps, strict=True)
    ]
    weight, product = (
        ndimage.gaussian_filter(_thin(part, steps), sigma, mode="constant", truncate=_REACH)
        for part in (where.astype(np.float32), np.where(where, values, 0).astype(np.float32))
    )
    mean = float(values[where].mean())
    field = np.where(weight > 1e-4, product / np.maximum(weight, 1e-4), mean)
    place = np.meshgrid(
        *((np.arange(n) - (s - 1) / 2) / s for n, s in zip(values.shape, steps, strict=True)),
        indexing="ij",
        sparse=True,
    )
    index = np.broadcast_arrays(*place)
    smooth = ndimage.map_coordinates(field, index, order=1, mode="nearest", output=np.float32)
    return np.asarray(smooth)


def _thin(values: Floats, steps: list[int]) -> Floats:
    """Mean of blocks; the last ones are filled up with their edge."""
    padded = np.pad(
        values, [(0, -n % s) for n, s in zip(values.shape, steps, strict=True)], mode="edge"
    )
    (i, j, k), (p, q, r) = padded.shape, steps
    return np.asarray(padded.reshape(i // p, p, j // q, q, k // r, r).mean(axis=(1, 3, 5)))
