"""Share of the brain that another image of the head does not show.

What lies outside its grid, and in slices at its ends without signal, as where a short stack was
filled up to a larger field of view.
"""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.resample import resample


def measure_missing(image: Volume, brain: Volume, transform: AffineTransform) -> float:
    """Measure the share of the brain that an image lacks.

    Parameters
    ----------
    image : Volume, scalar
    brain : Volume, mask
        On the grid of the reference.
    transform : AffineTransform
        Points of the reference to points of the image.

    Returns
    -------
    float
        From 0 to 1; NaN where there is no brain.
    """
    inside = np.asarray(brain.data)
    if not inside.any():
        return float("nan")
    seen = np.zeros(image.grid.shape, dtype=bool)
    seen[tuple(_with_signal(np.asarray(image.data), axis) for axis in range(3))] = True
    shown = np.asarray(resample(Volume(seen, image.grid, "mask"), brain.grid, (transform,)).data)
    return 1.0 - float(np.count_nonzero(inside & shown)) / float(np.count_nonzero(inside))


def _with_signal(data: Array, axis: int) -> slice:
    """From the first to the last slice that is not constant."""
    others = tuple(other for other in range(3) if other != axis)
    varied = np.flatnonzero(data.max(axis=others) > data.min(axis=others))
    return slice(int(varied[0]), int(varied[-1]) + 1) if varied.size else slice(0, 0)
