"""Whether two registered images would fit better somewhere near: a fit that is none has no peak.

The normalised mutual information at the given transform, less the largest one after small shifts
and turns; it is negative when one of them would fit better.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from mslens.core.arrays import MaskArray
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.preprocess.linear import draw_samples
from mslens.preprocess.mutual_information import measure_mutual_information

_N_BINS = 32
_SPACING_MM = 4.0


def measure_registration_margin(
    fixed: Volume,
    moving: Volume,
    mask: MaskArray,
    transform: AffineTransform,
    *,
    shift_mm: float = 5.0,
    turn_deg: float = 5.0,
    rng: np.random.Generator,
) -> float:
    """Measure by how much a registration beats its neighbours.

    Parameters
    ----------
    fixed, moving : Volume, scalar
    mask : ndarray of bool, shape = fixed.grid.shape
    transform : AffineTransform
        Points of the fixed image to points of the moving image.
    shift_mm, turn_deg : float
        Size of the shifts and of the turns about the mask's centre.
    rng : numpy.random.Generator

    Returns
    -------
    float
        NMI less the best of the 12 neighbours' NMI.

    Raises
    ------
    ImageError
        If too few points fall into the mask.
    """
    samples = draw_samples(
        fixed,
        moving,
        mask,
        spacing_mm=_SPACING_MM,
        smoothness_mm=_SPACING_MM,
        n_bins=_N_BINS,
        rng=rng,
    )
    centre = np.asarray(fixed.grid.to_world(np.argwhere(mask).mean(axis=0)))
    own, _ = measure_mutual_information(samples, transform.matrix)
    others = [
        measure_mutual_information(samples, transform.matrix @ nudge)[0]
        for nudge in _nudges(centre, shift_mm, turn_deg)
    ]
    return own - max(others)


def _nudges(
    centre: npt.NDArray[np.float64], shift_mm: float, turn_deg: float
) -> list[npt.NDArray[np.float64]]:
    """Shifts along, and turns about, each axis both ways."""
    found = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            shift = np.eye(4)
            shift[axis, 3] = sign * shift_mm
            turn = np.eye(4)
            vector = np.zeros(3)
            vector[axis] = np.deg2rad(sign * turn_deg)
            turn[:3, :3] = Rotation.from_rotvec(vector).as_matrix()
            turn[:3, 3] = centre - turn[:3, :3] @ centre
            found += [shift, turn]
    return found
