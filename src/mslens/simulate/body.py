"""The shape of one person: pose, size, random form, folds; drawn once, kept over all visits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.rng import make_rng

#: Volume inside the skull: mean and standard deviation in ml, women and men.
INTRACRANIAL_ML = {True: (1390.0, 105.0), False: (1550.0, 115.0)}
_TILT_SD_DEGREES = (4.0, 2.5, 2.5)
_SHIFT_SD_MM = (2.0, 4.0, 4.0)
_SHAPE_SD = 0.025
#: Random form: filter widths and amplitudes of the velocity field, in mm.
FORM_SCALES_MM, FORM_AMPLITUDES_MM = (24.0, 10.0, 5.0), (2.3, 0.9, 0.35)


@dataclass(frozen=True)
class Body:
    """One person's body.

    Parameters
    ----------
    seed : int
    name : str
        Names the person's random streams (form, folds, texture).
    intracranial_ml : float
        Volume inside the skull.
    stretch : tuple of 3 float
        Size along x, y, z relative to the template, of geometric mean 1.
    ventricle_noise : float
        Standard normal: how large the ventricles are by nature.
    """

    seed: int
    name: str
    intracranial_ml: float
    stretch: tuple[float, float, float]
    ventricle_noise: float


def draw_body(seed: int, name: str, *, female: bool) -> Body:
    """Draw a person's body; the same name and seed give the same body.

    Parameters
    ----------
    seed : int
    name : str
    female : bool

    Returns
    -------
    Body
    """
    rng = make_rng(seed, name, "body")
    mean, sd = INTRACRANIAL_ML[female]
    volume = mean + sd * float(np.clip(rng.standard_normal(), -2.5, 2.5))
    log_stretch = _SHAPE_SD * rng.standard_normal(3)
    x, y, z = np.exp(log_stretch - log_stretch.mean())
    return Body(
        seed=seed,
        name=name,
        intracranial_ml=volume,
        stretch=(float(x), float(y), float(z)),
        ventricle_noise=float(rng.standard_normal()),
    )


def draw_pose(seed: int, name: str, visit: str) -> npt.NDArray[np.float64]:
    """Draw how the head lies in the scanner at one visit: a rigid matrix, head to scanner.

    Parameters
    ----------
    seed : int
    name, visit : str

    Returns
    -------
    ndarray, shape (4, 4), float64
        Millimetres.
    """
    rng = make_rng(seed, name, visit, "pose")
    angles = np.deg2rad(np.array(_TILT_SD_DEGREES) * rng.standard_normal(3))
    shift = np.array(_SHIFT_SD_MM) * rng.standard_normal(3)
    return rigid_matrix(angles, shift)


def rigid_matrix(
    angles_rad: npt.NDArray[np.float64], shift_mm: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Rotation about x, then y, then z, then a shift, shape (4, 4)."""
    matrix = np.eye(4)
    for axis, angle in enumerate(angles_rad):
        i, j = [a for a in range(3) if a != axis]
        turn = np.eye(4)
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    matrix[:3, 3] = shift_mm
    return matrix
