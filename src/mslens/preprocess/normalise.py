"""Intensity normalisation of a scan whose units are arbitrary.

min-max: (v - min) / (max - min) in the mask; percentile: the same between two percentiles, the
tails cut off; z-score: (v - mean) / sd in the mask; white-stripe: (v - mode) / sd within a band
of quantiles around the mode of white matter, after Shinohara 2014
(doi:10.1016/j.nicl.2014.08.008), with the mode found in the image's own histogram.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import MaskArray
from mslens.core.errors import ImageError
from mslens.core.registry import choose_method
from mslens.core.settings import Settings
from mslens.core.volume import Volume

_N_BINS = 256


class IntensitySettings(Settings):
    """Settings of `normalise_intensity`.

    Parameters
    ----------
    method : {"min-max", "percentile", "z-score", "white-stripe"}
    percentiles : tuple of 2 float
        Of the method ``percentile``: they become 0 and 1.
    white_matter : {"brightest", "largest"}
        Which peak of the histogram is white matter: the brightest one on a T1w, the largest one
        on a FLAIR or T2w.
    stripe_width : float
        Half width of the stripe in quantiles.
    """

    method: Literal["min-max", "percentile", "z-score", "white-stripe"] = "z-score"
    percentiles: tuple[float, float] = (1.0, 99.0)
    white_matter: Literal["brightest", "largest"] = "brightest"
    stripe_width: float = Field(default=0.05, gt=0, lt=0.5)


Map = tuple[float, float]


def _min_max(values: npt.NDArray[np.float64], settings: IntensitySettings) -> Map:  # noqa: ARG001
    return float(values.min()), float(values.max() - values.min())


def _percentile(values: npt.NDArray[np.float64], settings: IntensitySettings) -> Map:
    low, high = np.percentile(values, settings.percentiles)
    return float(low), float(high - low)


def _z_score(values: npt.NDArray[np.float64], settings: IntensitySettings) -> Map:  # noqa: ARG001
    return float(values.mean()), float(values.std())


def _white_stripe(values: npt.NDArray[np.float64], settings: IntensitySettings) -> Map:
    mode = find_white_matter_mode(values, which=settings.white_matter)
    place = float((values < mode).mean())
    around = np.clip((place - settings.stripe_width, place + settings.stripe_width), 0.0, 1.0)
    low, high = np.quantile(values, around)
    stripe = values[(values >= low) & (values <= high)]
    return float(mode), float(stripe.std())


#: Method -> (offset, scale) from the values in the mask.
METHODS: dict[str, Callable[[npt.NDArray[np.float64], IntensitySettings], Map]] = {
    "min-max": _min_max,
    "percentile": _percentile,
    "z-score": _z_score,
    "white-stripe": _white_stripe,
}


def normalise_intensity(image: Volume, mask: MaskArray, *, settings: IntensitySettings) -> Volume:
    """Normalise the intensities of `image` by what lies inside `mask`.

    Parameters
    ----------
    image : Volume, scalar
    mask : ndarray of bool, shape = image.grid.shape
    settings : IntensitySettings

    Returns
    -------
    Volume, scalar, float32
        (v - offset) / scale everywhere; for ``percentile`` cut off at 0 and 1.

    Raises
    ------
    ImageError
        If the mask is empty or the image is constant inside it.
    """
    values = np.asarray(image.data, dtype=np.float64)[mask]
    if values.size == 0:
        raise ImageError("the mask is empty", expected="a mask with voxels to normalise by")
    offset, scale = choose_method(METHODS, settings.method, stage="normalisation")(values, settings)
    if not scale > 0:
        raise ImageError(
            "the image is constant inside the mask", expected="tissue of several intensities"
        )
    scaled = (np.asarray(image.data, dtype=np.float64) - offset) / scale
    if settings.method == "percentile":
        scaled = np.clip(scaled, 0.0, 1.0)
    return image.like(scaled.astype(np.float32))


def find_white_matter_mode(
    values: npt.NDArray[np.float64], *, which: Literal["brightest", "largest"]
) -> float:
    """Find the peak of white matter in a smoothed histogram of the brain's intensities.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Intensities of a brain.
    which : {"brightest", "largest"}
        The brightest peak of at least a quarter of the largest one's height, or the largest.

    Raises
    ------
    ImageError
        If all values are equal.
    """
    low, high = np.percentile(values, (0.1, 99.9))
    if not high > low:
        raise ImageError(
            "the image is constant inside the mask", expected="tissue of several intensities"
        )
    counts, edges = np.histogram(values, bins=_N_BINS, range=(float(low), float(high)))
    heights = ndimage.gaussian_filter1d(counts.astype(np.float64), _N_BINS / 64)
    centres = (edges[1:] + edges[:-1]) / 2
    if which == "largest":
        return float(centres[int(np.argmax(heights))])
    inner = heights[1:-1]
    peaks = np.flatnonzero((inner >= heights[:-2]) & (inner > heights[2:])) + 1
    tall = peaks[heights[peaks] >= heights.max() / 4]
    return float(centres[tall[-1] if tall.size else int(np.argmax(heights))])
