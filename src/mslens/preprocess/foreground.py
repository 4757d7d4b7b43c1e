"""Foreground of a raw scan: Otsu's threshold and the largest component."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from mslens.core.arrays import MaskArray
from mslens.core.errors import ImageError
from mslens.image.components import label_components

#: Share of Otsu's threshold: dark tissue of the head lies below the threshold itself.
_SHARE = 0.7


def find_threshold(values: npt.NDArray[np.floating], *, n_bins: int = 256) -> float:
    """Find the threshold with the largest variance between classes (Otsu 1979).

    Parameters
    ----------
    values : ndarray
        Intensities; the top percent is cut off first.

    Raises
    ------
    ImageError
        If all values are equal.
    """
    top = float(np.percentile(values, 99))
    counts, edges = np.histogram(np.minimum(values, top), bins=n_bins)
    centres = (edges[1:] + edges[:-1]) / 2
    below = np.cumsum(counts).astype(np.float64)
    first = np.cumsum(counts * centres)
    above = below[-1] - below
    valid = (below > 0) & (above > 0)
    if not valid.any() or edges[0] == edges[-1]:
        raise ImageError("the image is constant", expected="a head or a brain")
    between = np.zeros(n_bins)
    between[valid] = (first[-1] * below[valid] / below[-1] - first[valid]) ** 2 / (
        below[valid] * above[valid]
    )
    return float(centres[int(np.argmax(between))])


def find_foreground(data: npt.NDArray[np.floating]) -> MaskArray:
    """Find the head (or the brain): the largest bright component after one opening.

    Raises
    ------
    ImageError
        If nothing stands out.
    """
    bright = data > _SHARE * find_threshold(data)
    labels = label_components(ndimage.binary_opening(bright), connectivity=6)
    if labels.max() == 0:
        labels = label_components(bright, connectivity=6)
    return np.asarray(labels == 1)
