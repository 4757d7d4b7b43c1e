"""Grey levels 1..Ng from intensities: bins of a fixed width, or a fixed number of bins.

PyRadiomics anchors fixed-width bins at zero, IBSI at the lower bound of the region's range.
IBSI reference manual 2.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.compiled import kernel
from mslens.core.errors import SettingsError
from mslens.core.settings import Settings

#: Beyond this many grey levels a texture matrix describes single voxels, not texture.
MAX_GREY_LEVELS = 4096
#: Beyond this many the level numbers themselves would not be trustworthy.
_MAX_BINS = 2**30


class Discretisation(Settings):
    """How intensities become grey levels.

    Parameters
    ----------
    method : {"width", "count"}
        Bins of `bin_width`, or `bin_count` bins between the region's extremes.
    bin_width : float
        In units of the image.
    bin_count : int
    anchor : {"zero", "minimum"} or float
        Where the bins of a fixed width begin: at a multiple of the width (PyRadiomics), at the
        region's minimum, or at a given value (IBSI: the lower bound of the re-segmentation).
    """

    method: Literal["width", "count"] = "width"
    bin_width: float = 25.0
    bin_count: int = 64
    anchor: Literal["zero", "minimum"] | float = "zero"


@dataclass(frozen=True, eq=False)
class Levels:
    """Grey level of every voxel, from 1, and the number of levels that the bins allow."""

    values: npt.NDArray[np.int32]
    count: int


@kernel
def _fixed_width(values: Array, low: float, width: float, levels: Array) -> None:
    step = (low + width) - low
    per_step = 1.0 / step
    for n in range(values.size):
        x = values[n]
        # Close enough: the edges decide, not this product.
        i = int(np.floor((x - low) * per_step))
        while low + i * step > x:
            i -= 1
        while low + (i + 1) * step <= x:
            i += 1
        levels[n] = i + 1


@kernel
def _between_edges(values: Array, edges: Array, levels: Array) -> None:
    last = edges.size - 1
    low, scale = edges[0], (last - 1) / (edges[last - 1] - edges[0]) if last > 1 else 0.0
    for n in range(values.size):
        x = values[n]
        i = min(max(int((x - low) * scale), 0), last - 1)
        while i > 0 and edges[i] > x:
            i -= 1
        while i < last - 1 and edges[i + 1] <= x:
            i += 1
        levels[n] = i + 1


def discretise(values: Array, settings: Discretisation) -> Levels:
    """Turn the intensities of one region into grey levels.

    Parameters
    ----------
    values : ndarray, shape (n,), float, finite
    settings : Discretisation

    Returns
    -------
    Levels

    Raises
    ------
    SettingsError
        If the bin width or count is not positive, or gives more bins than can be counted.
    """
    levels = np.empty(values.size, dtype=np.int32)
    low, high = float(values.min()), float(values.max())
    if settings.method == "count":
        _between_edges(np.asarray(values, dtype=np.float64), _edges(values, settings), levels)
        return Levels(levels, int(levels.max()))
    width = settings.bin_width
    if not width > 0:
        raise SettingsError(f"the bin width is {width}", expected="a positive number")
    if settings.anchor == "zero":
        low -= low % width
    elif settings.anchor != "minimum":
        low = float(settings.anchor)
    if (high - low) / width >= _MAX_BINS:
        raise SettingsError(
            f"a bin width of {width:g} gives {(high - low) / width:.3g} bins",
            expected=f"fewer than {_MAX_BINS:,}",
            cure="Choose a bin width in the units of the image",
        )
    _fixed_width(np.asarray(values, dtype=np.float64), low, width, levels)
    return Levels(levels, int(levels.max()))


def _edges(values: Array, settings: Discretisation) -> npt.NDArray[np.float64]:
    count = settings.bin_count
    if count < 1:
        raise SettingsError(f"the bin count is {count}", expected="at least 1")
    edges = np.histogram_bin_edges(values, count)
    if settings.anchor == "zero":
        edges[-1] += 1
    return edges.astype(np.float64)
