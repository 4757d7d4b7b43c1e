"""Whether two images of one head agree in left and right: the fit against that of a mirror image.

A head is nearly symmetric, so an image whose left and right are exchanged registers well to the
other image, but its folds and vessels do not. The normalised mutual information of the fit, less
that of the best fit of the mirror image; it is negative where the mirror image fits better. Which
of the two images is the wrong one cannot be told.
"""

from __future__ import annotations

import copy
from itertools import product

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import MaskArray
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.resample import coarsen, resample
from mslens.preprocess.linear import LinearSettings, register_linear

#: Turns of the head about the vertical and the long axis for which a mid-plane is tried.
_TURNS_DEG = (-20.0, -10.0, 0.0, 10.0, 20.0)
_WORKING_MM = 2.0
#: One fine level: a coarse one may leave a good fit of thick slices for a bad one.
_NEAR = LinearSettings(parameters="rigid", levels_mm=(4.0,), smoothness_mm=(2.0,), kept_starts=(2,))


def measure_handedness_margin(
    fixed: Volume,
    moving: Volume,
    mask: MaskArray,
    transform: AffineTransform,
    *,
    rng: np.random.Generator,
) -> float:
    """Measure by how much a registration beats that of the mirror image.

    Parameters
    ----------
    fixed, moving : Volume, scalar
        Of one head.
    mask : ndarray of bool, shape = fixed.grid.shape
        Brain.
    transform : AffineTransform
        Points of the fixed image to points of the moving image; both fits start from it.
    rng : numpy.random.Generator

    Returns
    -------
    float
        NMI less that of the mirror image, each after a rigid fit on the same points.

    Raises
    ------
    ImageError
        If too few points fall into the mask.
    """
    # Both fits coarsen both images again: small ones make that cheap.
    within = fixed.like(np.asarray(mask), "mask")
    fixed, moving = coarsen(fixed, _WORKING_MM), coarsen(moving, _WORKING_MM)
    mask = np.asarray(resample(within, fixed.grid).data)
    centre = np.asarray(fixed.grid.to_world(np.argwhere(mask).mean(axis=0)))
    mirrored = [
        AffineTransform(transform.matrix @ reflection) for reflection in _reflections(centre)
    ]
    # Both fits draw the same points: their difference is free of the noise of the lattice.
    own, other = (
        register_linear(fixed, moving, mask, starts=starts, settings=_NEAR, rng=copy.deepcopy(rng))
        for starts in ([transform], mirrored)
    )
    return own.nmi - other.nmi


def _reflections(centre_mm: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """Reflections at planes through a point, upright and looking ahead, and turned from there."""
    found = []
    for yaw, roll in product(np.deg2rad(_TURNS_DEG), repeat=2):
        normal = np.array([np.cos(yaw) * np.cos(roll), np.sin(yaw) * np.cos(roll), np.sin(roll)])
        matrix = np.eye(4)
        matrix[:3, :3] -= 2 * np.outer(normal, normal)
        matrix[:3, 3] = 2 * normal * (normal @ centre_mm)
        found.append(matrix)
    return found
