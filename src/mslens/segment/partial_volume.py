"""Shares of the tissues within each voxel, from the intensities of the pure tissues.

A voxel holds one tissue k, or two, j and k, with any share a of k alike likely:
p(y | k) = N(y; mu_k, sigma_k), p(y | jk) = integral of N(y; (1 - a) mu_j + a mu_k, sigma_jk) da,
after Santago & Gage, IEEE TMI 1993 (doi:10.1109/42.241890) and Shattuck et al., NeuroImage 2001
(doi:10.1006/nimg.2000.0730). With two independent draws from what is there, of probability p_k,
the priors are p_k^2 and 2 p_j p_k.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
#: Smallest spread that a refit may find, as a share of that which it starts from.
_NARROWEST = 0.2
_LEAST_PURE_VOXELS = 50.0


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
    pure, mixed = _weigh(values, presence, np.asarray(mean), np.asarray(sd))
    share, total = pure.copy(), pure.sum(axis=0)
    for part in mixed:
        share[part.high] += part.weight * part.of_high
        share[part.low] += part.weight * (1 - part.of_high)
        total += part.weight
    known = np.where(total > 0, share / np.where(total > 0, total, 1.0), presence)
    return known.astype(np.float32)


def fit_pure(
    values: Array,
    presence: Array,
    *,
    mean: Array,
    sd: Array,
    kept: Sequence[int] = (),
    iterations: int = 20,
) -> tuple[Floats, Floats]:
    """Refit the moments of the pure tissues to the voxels that hold one tissue alone.

    Moments of classes that took mixed voxels whole lie too near each other and are too wide; with
    them a mixed voxel is given to its larger part. The spread is the image's noise, one for all
    tissues (Shattuck et al. 2001): with its own, one that is nowhere pure would take what is mixed.

    Parameters
    ----------
    values, presence : ndarray, shapes (n,) and (k, n)
        As of `estimate_shares`.
    mean, sd : ndarray, shape (k,)
        To start from.
    kept : sequence of int
        Tissues whose moments are known and stay.
    iterations : int
        Of expectation and maximisation.

    Returns
    -------
    mean, sd : ndarray, shape (k,), float64
        A tissue without pure voxels keeps what it had; no spread grows, or falls below a fifth of
        what it was.
    """
    mean, sd = np.array(mean, dtype=np.float64), np.array(sd, dtype=np.float64)
    widest = sd.copy()
    y = np.asarray(values, dtype=np.float64)
    for _ in range(iterations):
        pure, mixed = _weigh(y, presence, mean, sd)
        total = pure.sum(axis=0) + sum(part.weight for part in mixed)
        weight = np.divide(pure, total, out=np.zeros_like(pure), where=total > 0)
        amount = weight.sum(axis=1)
        found = amount > _LEAST_PURE_VOXELS
        found[list(kept)] = False
        amount = np.where(found, amount, 1.0)
        mean = np.where(found, (weight @ y) / amount, mean)
        square = np.einsum("kn,kn->k", weight, (y - mean[:, None]) ** 2)
        noise = np.sqrt(square[found].sum() / max(amount[found].sum(), 1.0))
        sd = np.where(found, np.clip(noise, _NARROWEST * widest, widest), sd)
    return mean, sd


@dataclass(frozen=True)
class _Mixed:
    """Voxels of two tissues: their weight, and the expected share of the brighter one."""

    low: int
    high: int
    weight: Floats
    of_high: Floats


def _weigh(values: Array, presence: Array, mean: Array, sd: Array) -> tuple[Floats, list[_Mixed]]:
    """Weight of each tissue alone, shape (k, n), and of each pair."""
    reach = _FURTHEST_SD * sd
    y = np.clip(np.asarray(values, dtype=np.float64), (mean - reach).min(), (mean + reach).max())
    p = np.asarray(presence, dtype=np.float64)
    deviation = (y - mean[:, None]) / sd[:, None]
    pure = p**2 * np.exp(-0.5 * deviation**2) / (np.sqrt(2 * np.pi) * sd[:, None])
    mixed = []
    for j, k in combinations(range(len(p)), 2):
        low, high = (j, k) if mean[j] <= mean[k] else (k, j)
        density, of_high = _mix(y, float(mean[low]), float(mean[high]), float(sd[j] + sd[k]) / 2)
        mixed.append(_Mixed(low, high, 2 * p[j] * p[k] * density, of_high))
    return pure, mixed


def _mix(y: Floats, low: float, high: float, sd: float) -> tuple[Floats, Floats]:
    """Density of a mixture of two tissues, and the expected share of the brighter one."""
    gap = max(high - low, 1e-6 * sd)
    a, b = (low - y) / sd, (low + gap - y) / sd
    mass = special.ndtr(b) - special.ndtr(a)
    slope = (np.exp(-0.5 * a**2) - np.exp(-0.5 * b**2)) / np.sqrt(2 * np.pi)
    inside = y + sd * slope / np.maximum(mass, _LEAST_MASS)
    middle = np.where(mass > _LEAST_MASS, inside, y)
    return np.asarray(mass / gap), np.asarray(np.clip((middle - low) / gap, 0.0, 1.0))
