"""Crisp tissue from a blurred template: the level sets of its probabilities, roughened by noise.

A template is an average, so its cortex is blurred. With z = Phi^-1(p) and its ridges
r = z - G(z), fluid is where z_fluid + a r_fluid + b + s g > 0 and white matter where
z_white + a r_white + c - s g > 0, with a smooth random field g of the subject: every subject gets
folds of its own, sharp, at the places where the template is unsure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special

from mslens.core.arrays import Array, Spacing
from mslens.simulate.diffeomorphism import draw_smooth_noise

FloatMap = npt.NDArray[np.float32]

_LEAST_PROBABILITY = 0.003
_RIDGE_MM = 2.0
_FLUID_RIDGE, _FLUID_OFFSET, _WHITE_RIDGE = 1.8, 0.02, 1.2
_WHITE_OFFSET = -0.25
#: Smooth noise that makes folds: filter widths in mm, weights, and the strength s.
_NOISE_MM, _NOISE_WEIGHT, _NOISE_STRENGTH = (2.2, 1.0), (0.8, 0.6), 0.45


@dataclass(frozen=True, eq=False)
class Levels:
    """Level functions of the template, shape (x, y, z): above 0 is fluid, or white matter."""

    fluid: FloatMap
    white: FloatMap


def build_levels(gm: Array, wm: Array, brain: Array, *, voxel_size_mm: Spacing) -> Levels:
    """Turn tissue probabilities into level functions with sharpened ridges.

    Parameters
    ----------
    gm, wm : ndarray of float, shape (x, y, z)
        Probabilities, 0 to 1.
    brain : ndarray, shape (x, y, z)
        Non-zero inside; everything outside counts as fluid.
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    Levels
    """
    fluid = np.where(np.asarray(brain) != 0, np.clip(1.0 - gm - wm, 0.0, 1.0), 1.0)
    sigma = _RIDGE_MM / np.asarray(voxel_size_mm)

    def sharpened(probability: Array, ridge: float) -> FloatMap:
        p = np.clip(probability, _LEAST_PROBABILITY, 1.0 - _LEAST_PROBABILITY)
        z = special.ndtri(p).astype(np.float32)
        return np.asarray(z + ridge * (z - ndimage.gaussian_filter(z, sigma, truncate=3.0)))

    return Levels(
        fluid=sharpened(fluid, _FLUID_RIDGE) + np.float32(_FLUID_OFFSET),
        white=sharpened(wm, _WHITE_RIDGE) + np.float32(_WHITE_OFFSET),
    )


def fold_levels(levels: Levels, *, voxel_size_mm: Spacing, rng: np.random.Generator) -> Levels:
    """Give the template's level functions the folds of one subject.

    Parameters
    ----------
    levels : Levels
    voxel_size_mm : tuple of 3 float
    rng : numpy Generator

    Returns
    -------
    Levels
    """
    shape = levels.fluid.shape
    noise = np.zeros(shape, dtype=np.float32)
    for scale, weight in zip(_NOISE_MM, _NOISE_WEIGHT, strict=True):
        noise += np.float32(weight) * draw_smooth_noise(
            (shape[0], shape[1], shape[2]), voxel_size_mm=voxel_size_mm, scale_mm=scale, rng=rng
        )
    noise *= np.float32(_NOISE_STRENGTH / np.linalg.norm(_NOISE_WEIGHT))
    return Levels(fluid=levels.fluid + noise, white=levels.white - noise)


def share_above_level(level: Array, *, softness: float = 0.5) -> FloatMap:
    """Share of each voxel where a level function is above 0.

    The distance to the zero surface is level / |gradient|, in voxels; a plane at that distance
    cuts the voxel.

    Parameters
    ----------
    level : ndarray of float, shape (x, y, z)
    softness : float
        Least gradient, per voxel: where the level function is flat its border is blurred.

    Returns
    -------
    ndarray, shape (x, y, z), float32
        0 to 1.
    """
    squared = np.zeros(level.shape, dtype=np.float32)
    for axis in range(3):
        slope = np.gradient(level, axis=axis)
        squared += slope * slope
    np.maximum(squared, np.float32(softness**2), out=squared)
    return np.clip(np.float32(0.5) + level / np.sqrt(squared), 0.0, 1.0).astype(np.float32)
