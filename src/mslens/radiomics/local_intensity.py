"""Local and global intensity peak of IBSI (reference manual 3.2): means over a 1 ml sphere."""

from __future__ import annotations

import numpy as np
from scipy import signal

from mslens.core.arrays import Array, MaskArray, Spacing

#: Tag -> code of the IBSI reference manual.
PEAKS = {"peak_loc": "VJGA", "peak_glob": "0F91"}

#: Radius of a sphere of 1 ml.
_RADIUS_MM = (3 / (4 * np.pi)) ** (1 / 3) * 10


def describe_peaks(image: Array, inside: MaskArray, *, spacing_mm: Spacing) -> dict[str, float]:
    """Return both peaks by the tags of `PEAKS`.

    Parameters
    ----------
    image, inside : ndarray, shape (k, j, i)
        The sphere may reach out of the mask, not out of the image.
    spacing_mm : tuple of 3 float
    """
    reach = [int(_RADIUS_MM // s) for s in spacing_mm]
    axes = [s * np.arange(-r, r + 1) for s, r in zip(spacing_mm, reach, strict=True)]
    grid = np.meshgrid(*axes, indexing="ij")
    ball = (sum(g**2 for g in grid) <= _RADIUS_MM**2).astype(np.float64)
    bounds = [np.flatnonzero(inside.any(axis=other)) for other in ((1, 2), (0, 2), (0, 1))]
    box = tuple(
        slice(max(0, int(b[0]) - r), int(b[-1]) + r + 1) for b, r in zip(bounds, reach, strict=True)
    )
    part = image[box].astype(np.float64)
    number = signal.fftconvolve(np.ones(part.shape), ball, mode="same")
    mean = signal.fftconvolve(part, ball, mode="same") / np.rint(number)
    region = inside[box]
    brightest = region & (part == part[region].max())
    return {"peak_loc": float(mean[brightest].max()), "peak_glob": float(mean[region].max())}
