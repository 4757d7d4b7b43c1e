"""Fill white-matter lesions with what normal-appearing white matter around them looks like.

Filled value = local mean + texture. The local mean is a normalised convolution over the
normal-appearing white matter near the lesions, from coarse to fine,
m_s = (B_s[w y] + c m_coarser) / (B_s[w] + c); the texture is Gaussian noise with the spread and
the autocorrelation of that white matter. After the local sampling of Chard et al., J Magn Reson
Imaging 2010, and Battaglini et al., Hum Brain Mapp 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.core.errors import ImageError
from mslens.core.settings import Settings
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance

#: Spread of a normal distribution over its median absolute deviation.
_SD_PER_MAD = 1.4826


class FillingSettings(Settings):
    """Where white matter is sampled and how smoothly it is carried into the lesions.

    Parameters
    ----------
    seed : int
        Of the texture.
    gap_mm : float
        White matter is looked for from this distance to the lesions on.
    ring_mm : float
        White matter is looked for up to this distance to the lesions.
    widths_mm : tuple of float
        Widths of the local means, coarse to fine; at least two.
    n_sd : float
        Spreads around the peak of the ring that count as white matter.
    """

    seed: int = Field(default=0, ge=0)
    gap_mm: float = Field(default=2.0, ge=0)
    ring_mm: float = Field(default=8.0, gt=0)
    widths_mm: tuple[float, ...] = Field(default=(24.0, 12.0, 6.0), min_length=2)
    n_sd: float = Field(default=2.0, gt=0)


@dataclass(frozen=True)
class Filled:
    """The filled image and the white matter that it was filled from.

    Parameters
    ----------
    image : ndarray, shape (x, y, z), dtype of the input
        Equal to the input outside of the lesions, to the bit.
    wm_mean, wm_sd : float
        Of the sampled white matter; NaN when there was nothing to fill.
    n_filled : int
        Voxels changed.
    """

    image: Array
    wm_mean: float
    wm_sd: float
    n_filled: int


def fill_lesions(
    image: Array,
    mask: Array,
    lesions: Array,
    *,
    voxel_size_mm: Spacing,
    rng: np.random.Generator,
    settings: FillingSettings,
) -> Filled:
    """Replace lesion voxels by local normal-appearing white matter with its texture.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
        Any contrast in which normal white matter forms the main peak around the lesions.
    mask : ndarray, shape (x, y, z)
        Brain; lesion voxels outside of it are left alone.
    lesions : ndarray, shape (x, y, z)
    voxel_size_mm : tuple of 3 float
    rng : numpy.random.Generator
        Source of the texture.
    settings : FillingSettings

    Returns
    -------
    Filled

    Raises
    ------
    ImageError
        If there are lesions but hardly any brain around them, or the brain is not finite.
    """
    source = np.asarray(image)
    target = (np.asarray(lesions) != 0) & (np.asarray(mask) != 0)
    if not target.any():
        return Filled(source.copy(), float("nan"), float("nan"), 0)
    reach = settings.ring_mm + 2 * max(voxel_size_mm)
    box = crop_box(target, voxel_size_mm=voxel_size_mm, margin_mm=reach)
    inner, values = target[box], np.asarray(source[box], dtype=np.float32)
    brain = np.asarray(mask)[box] != 0
    if not np.isfinite(values[brain]).all():
        raise ImageError("the image holds NaN or Inf inside the brain mask", expected="numbers")
    away = measure_distance(np.asarray(lesions)[box], voxel_size_mm=voxel_size_mm)
    ring = brain & (away > settings.gap_mm) & (away <= settings.ring_mm)
    mean, sd = find_peak(values[ring])
    white = ring & (np.abs(values - mean) <= settings.n_sd * sd)
    local = _local_mean(values, white, mean, voxel_size_mm, settings.widths_mm)
    # Against a coarser mean: the finest one follows the noise of the voxel itself.
    coarse = _local_mean(values, white, mean, voxel_size_mm, settings.widths_mm[:-1])
    residual = np.where(white, values - coarse, 0)
    spread = float(np.sqrt((residual[white] ** 2).mean()))
    texture = _texture(residual, white, rng) * spread
    filled = source.copy()
    new = filled[box]
    new[inner] = _storable(local + texture, source.dtype)[inner]
    return Filled(filled, mean, float(values[white].std()), int(inner.sum()))


def find_peak(values: Array) -> tuple[float, float]:
    """Find the main peak of a set of intensities and its spread.

    Parameters
    ----------
    values : ndarray, shape (n,)

    Returns
    -------
    mean, sd : float
        Place of the peak and the spread of its narrower flank, the one that is not mixed with
        another tissue.

    Raises
    ------
    ImageError
        If there are fewer than 50 values or all are alike.
    """
    if len(values) < 50:
        raise ImageError(
            f"only {len(values)} brain voxels lie around the lesions",
            expected="at least 50",
            cure="Look at the brain mask and the lesion mask",
        )
    low, high = np.percentile(values, [0.5, 99.5])
    if not high > low:
        raise ImageError("the image is constant around the lesions", expected="a T1w or FLAIR")
    counts, edges = np.histogram(values, bins=256, range=(float(low), float(high)))
    width = float(np.clip(256 * 2 * len(values) ** (-1 / 3), 3, 12))
    smooth = ndimage.gaussian_filter1d(counts.astype(np.float64), width, mode="constant")
    top = float(0.5 * (edges[:-1] + edges[1:])[np.argmax(smooth)])
    flanks = [
        np.median(np.abs(side - top))
        for side in (values[values < top], values[values > top])
        if side.size
    ]
    return top, float(max(_SD_PER_MAD * min(flanks, default=0.0), edges[1] - edges[0]))


def _local_mean(
    values: Array,
    white: MaskArray,
    overall: float,
    voxel_size_mm: Spacing,
    widths_mm: tuple[float, ...],
) -> npt.NDArray[np.float32]:
    weight = white.astype(np.float32)
    weighted = np.where(white, values, 0).astype(np.float32)
    mean: Array = np.full(values.shape, overall, dtype=np.float32)
    for width_mm in widths_mm:
        total, share = (_blur(a, width_mm, voxel_size_mm) for a in (weighted, weight))
        share = np.maximum(share, 0)
        mean = (total + 0.02 * mean) / (share + 0.02)
    return mean.astype(np.float32)


def _blur(values: Array, width_mm: float, voxel_size_mm: Spacing) -> Array:
    """Blur by three running means per axis, close to a Gaussian and as cheap at any width."""
    blurred = np.asarray(values, dtype=np.float64)
    for axis, size_mm in enumerate(voxel_size_mm):
        size = max(3, 2 * round(width_mm / size_mm / 4) + 1)
        for _ in range(3):
            blurred = ndimage.uniform_filter1d(blurred, size, axis=axis, mode="constant")
    return blurred


def _texture(residual: Array, white: MaskArray, rng: np.random.Generator) -> Array:
    """Draw unit noise whose correlation between neighbours is that of the white matter."""
    noise = rng.standard_normal(residual.shape, dtype=np.float32)
    variance = float((residual[white] ** 2).mean())
    for axis in range(3):
        first = [slice(None)] * 3
        second = [slice(None)] * 3
        first[axis], second[axis] = slice(None, -1), slice(1, None)
        both = white[tuple(first)] & white[tuple(second)]
        if variance <= 0 or int(both.sum()) < 50:
            continue
        products = residual[tuple(first)][both] * residual[tuple(second)][both]
        correlation = min(float(products.mean()) / variance, 0.9)
        if correlation > 0.05:
            sigma = np.sqrt(-1 / (4 * np.log(correlation)))
            noise = ndimage.gaussian_filter1d(noise, sigma, axis=axis, mode="wrap")
    return np.asarray(noise / max(float(noise.std()), 1e-6))


def _storable(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return np.clip(np.rint(values), limits.min, limits.max).astype(dtype)
    return values.astype(dtype)
