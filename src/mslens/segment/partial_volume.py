"""Shares of the tissues within each voxel, from the intensities of the pure tissues.

A voxel holds one tissue k, or two, j and k, with any share a of k alike likely:
p(y | k) = N(y; mu_k, sigma_k), p(y | jk) = integral of N(y; (1 - a) mu_j + a mu_k, sigma_jk) da,
after Santago & Gage, IEEE TMI 1993 (doi:10.1109/42.241890) and Shattuck et al., NeuroImage 2001
(doi:10.1006/nimg.2000.0730). With two independent draws from what is there, of probability p_k,
the priors are p_k^2 and 2 p_j p_k.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import special

from mslens.core.arrays import Array

Floats = npt.NDArray[np.float64]

#: Values further from every tissue count as this many spreads away.
_FURTHEST_SD = 4.0
#: Mass of a normal distribution below which its truncated mean is that of the nearest end.
_LEAST_MASS = 1e-12


def estimate_shares(
    values: Array, presence: Array, *, mean: Array, sd: Array
) -> npt.NDArray[np.float32]:
    """Estimate the share of each tissue in each voxel.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Intensities, bias removed.
    presence : ndarray, shape (k, n)
        Probability that a random part of the voxel's surroundings is this tissue; adds up to 1.
    mean, sd : ndarray, shape (k,)
        Of voxels that hold one tissue alone, in units of `values`.

    Returns
    -------
    ndarray, shape (k, n), float32
        Expected shares; they add up to 1.

    Raises
    ------
    ValueError
        If a spread is not above 0.
    """
    if not (np.asarray(sd) > 0).all():
        raise ValueError("every tissue needs a spread above 0")
    reach = _FURTHEST_SD * np.asarray(sd)
    y = np.clip(np.asarray(values, dtype=np.float64), (mean - reach).min(), (mean + reach).max())
    p = np.asarray(presence, dtype=np.float64)
    share, total = np.zeros_like(p), np.zeros_like(y)
    for k in range(len(p)):
        density = np.exp(-0.5 * ((y - mean[k]) / sd[k]) ** 2) / (np.sqrt(2 * np.pi) * sd[k])
        weight = p[k] ** 2 * density
        share[k] += weight
        total += weight
    for j, k in combinations(range(len(p)), 2):
        low, high = (j, k) if mean[j] <= mean[k] else (k, j)
        density, of_high = _mix(y, float(mean[low]), float(mean[high]), float(sd[j] + sd[k]) / 2)
        weight = 2 * p[j] * p[k] * density
        share[high] += weight * of_high
        share[low] += weight * (1 - of_high)
        total += weight
    return np.where(total > 0, share / np.where(total > 0, total, 1.0), p).astype(np.float32)


def _mix(y: Floats, low: float, high: float, sd: float) -> tuple[Floats, Floats]:
    """Density of a mixture of two tissues, and the expected share of the brighter one."""
    gap = max(high - low, 1e-6 * sd)
    a, b = (low - y) / sd, (low + gap - y) / sd
    mass = special.ndtr(b) - special.ndtr(a)
    slope = (np.exp(-0.5 * a**2) - np.exp(-0.5 * b**2)) / np.sqrt(2 * np.pi)
    inside = y + sd * slope / np.maximum(mass, _LEAST_MASS)
    middle = np.where(mass > _LEAST_MASS, inside, y)
    return np.asarray(mass / gap), np.asarray(np.clip((middle - low) / gap, 0.0, 1.0))
