"""Atrophy: a velocity field whose divergence is the wanted log volume change, and wider sulci.

v = grad(psi), laplace(psi) = L, where L is the log change of the tissue of each damage factor
and of the ventricles; the sulcal fluid takes up what the rest gives, and v fades to zero at the
skull. Solved by FFT. After Karacali & Davatzikos 2006, doi:10.1109/TMI.2006.872042. A field this
smooth cannot open sulci of 1-2 mm, so the cortex loses most of its volume by a shift of its
outer border (`cortical_shift`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from mslens.core.arrays import Spacing
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.controls import HEALTHY_DAMAGE

FloatMap = npt.NDArray[np.float32]

#: Log volume change of each region per standard deviation of its damage factor.
DAMAGE_SLOPE = {
    "frontal": -0.035,
    "temporal": -0.035,
    "parietal": -0.035,
    "occipital": -0.030,
    "deep_gm": -0.055,
    "cerebellum": -0.040,
    "white_matter": -0.025,
}
#: Log volume change per year of age after 20, and per year of disease.
AGE_SLOPE = dict.fromkeys(DAMAGE_FACTORS, -0.002) | {"white_matter": -0.0008}
DURATION_SLOPE = dict.fromkeys(DAMAGE_FACTORS, -0.001)
#: The ventricles grow with the damage of white matter and deep grey matter, age and disease.
VENTRICLE_ON_WHITE, VENTRICLE_ON_DEEP = 0.20, 0.10
VENTRICLE_ON_AGE, VENTRICLE_ON_DURATION, VENTRICLE_BASE = 0.008, 0.006, -0.20
VENTRICLE_SD = 0.35
_LOG_CHANGE_LIMITS = (-0.5, 1.4)
#: What must be asked of the field so that a region changes as wanted (measured at 2 mm), in the
#: order of the shares. Thin sulci between shrinking gyri keep the cortex from following.
_GAIN = (1.0, 1.0, 1.0, 1.0, 1.5, 1.9, 1.7, 1.9, 1.0)
#: The field fades over this depth below the skull, whose inside lies this far from the hull.
_FADE_MM, _SKULL_MM = 6.0, 2.5
#: Shift of the fluid level function per log volume that a cortical region loses (measured).
_SHIFT_PER_LOG = 5.0
_CORTICAL = ("frontal", "temporal", "parietal", "occipital")


@dataclass(frozen=True)
class VolumeChange:
    """Log volume change against the template of every damage region and of the ventricles."""

    regions: tuple[float, ...]
    ventricles: float


def describe_atrophy(
    damage: npt.NDArray[np.float64],
    *,
    age_years: float,
    duration_years: float,
    ventricle_noise: float,
) -> VolumeChange:
    """Turn damage, age and disease duration into volume changes.

    Parameters
    ----------
    damage : ndarray, shape (7,), float64
        Damage factors of one person, in the order of `DAMAGE_FACTORS`; healthy is
        `HEALTHY_DAMAGE`.
    age_years, duration_years : float
        Duration 0 for a healthy control.
    ventricle_noise : float
        Standard normal: how large this person's ventricles are by nature.

    Returns
    -------
    VolumeChange
    """
    level = np.asarray(damage, dtype=np.float64) - HEALTHY_DAMAGE
    older = max(0.0, age_years - 20.0)
    regions = [
        DAMAGE_SLOPE[name] * level[k]
        + AGE_SLOPE[name] * older
        + DURATION_SLOPE[name] * duration_years
        for k, name in enumerate(DAMAGE_FACTORS)
    ]
    ventricles = (
        VENTRICLE_BASE
        + VENTRICLE_ON_WHITE * level[DAMAGE_FACTORS.index("white_matter")]
        + VENTRICLE_ON_DEEP * level[DAMAGE_FACTORS.index("deep_gm")]
        + VENTRICLE_ON_AGE * older
        + VENTRICLE_ON_DURATION * duration_years
        + VENTRICLE_SD * ventricle_noise
    )
    low, high = _LOG_CHANGE_LIMITS
    return VolumeChange(
        tuple(float(np.clip(value, low, high)) for value in regions),
        float(np.clip(ventricles, low, high)),
    )


def solve_atrophy_velocity(
    shares: FloatMap, hull_mm: FloatMap, change: VolumeChange, *, voxel_size_mm: Spacing
) -> FloatMap:
    """Find the velocity field that changes the regions' volumes.

    Parameters
    ----------
    shares : ndarray, shape (9, x, y, z), float32
        Share of each voxel that the seven damage regions, the ventricles and the sulcal fluid
        fill, in this order; their sum is at most 1.
    hull_mm : ndarray, shape (x, y, z), float32
        Signed distance to the hull of the brain, below 0 inside.
    change : VolumeChange
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    ndarray, shape (x, y, z, 3), float32
        Millimetres per unit time, forward: from the template to the subject.
    """
    wanted = np.array([*change.regions, change.ventricles])
    volume = shares.reshape(len(shares), -1).sum(axis=1, dtype=np.float64)
    lost = float((volume[:-1] * np.expm1(wanted)).sum())
    sulcal = float(np.log(max(0.25, 1.0 - lost / max(volume[-1], 1e-6))))
    divergence = np.zeros(shares.shape[1:], dtype=np.float32)
    for share, value, gain in zip(shares, (*wanted, sulcal), _GAIN, strict=True):
        divergence += share * np.float32(gain * value)
    inside = np.clip((np.float32(_SKULL_MM) - hull_mm) / np.float32(_FADE_MM), 0.0, 1.0)
    return np.asarray(_gradient_of_potential(divergence, voxel_size_mm) * inside[..., None])


def cortical_shift(change: VolumeChange) -> npt.NDArray[np.float32]:
    """Shift of the fluid level function per damage region, shape (7,); 0 where not cortex.

    A positive shift turns the outermost cortex into fluid.
    """
    loss = [
        -value if name in _CORTICAL else 0.0
        for name, value in zip(DAMAGE_FACTORS, change.regions, strict=True)
    ]
    return np.asarray(_SHIFT_PER_LOG * np.array(loss), dtype=np.float32)


def _gradient_of_potential(divergence: FloatMap, voxel_size_mm: Spacing) -> FloatMap:
    """Solve laplace(psi) = divergence on a periodic box and return grad(psi)."""
    shape = divergence.shape
    padded = tuple(fft.next_fast_len(n, real=True) for n in shape)
    frequency = [
        2 * np.pi * (fft.rfftfreq if axis == 2 else fft.fftfreq)(n, d)
        for axis, (n, d) in enumerate(zip(padded, voxel_size_mm, strict=True))
    ]
    kx, ky, kz = (
        frequency[0][:, None, None].astype(np.float32),
        frequency[1][None, :, None].astype(np.float32),
        frequency[2][None, None, :].astype(np.float32),
    )
    squared = kx**2 + ky**2 + kz**2
    squared[0, 0, 0] = 1.0
    spectrum = fft.rfftn(divergence, padded, workers=1) / squared
    spectrum[0, 0, 0] = 0.0
    velocity = np.empty((*shape, 3), dtype=np.float32)
    box = tuple(slice(0, n) for n in shape)
    for axis, k in enumerate((kx, ky, kz)):
        velocity[..., axis] = fft.irfftn(-1j * k * spectrum, padded, workers=1)[box]
    return velocity
