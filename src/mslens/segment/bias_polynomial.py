"""A smooth multiplicative bias as a polynomial, fitted to a mixture's class means.

Minimises sum_i sum_k w_ik (y_i - mu_k b_i)^2 / sigma_k^2 with b = basis @ c, so that c solves a
weighted least-squares problem (after Van Leemput et al., IEEE TMI 1999, without the logarithm).
"""

from __future__ import annotations

from itertools import product

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array


def polynomial_basis(mask: Array, *, degree: int, at: Array | None = None) -> Array:
    """Build every monomial up to a degree over the box of a mask, scaled to [-1, 1].

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    degree : int
        Highest total degree, 0 to 4.
    at : ndarray of bool, shape (x, y, z), optional
        Voxels at which the basis is wanted; those of the mask when left out.

    Returns
    -------
    ndarray, shape (n, terms), float32
        One row per voxel of `at`; the first column is 1.
    """
    where = mask if at is None else at
    coordinates = [
        (2.0 * index / max(1, length - 1) - 1.0).astype(np.float32)
        for index, length in zip(np.nonzero(where), mask.shape, strict=True)
    ]
    powers = sorted((sum(p), p) for p in product(range(degree + 1), repeat=3) if sum(p) <= degree)
    columns = [
        coordinates[0] ** i * coordinates[1] ** j * coordinates[2] ** k for _, (i, j, k) in powers
    ]
    return np.stack(columns, axis=1)


def fit_bias(
    values: Array, weights: Array, *, mean: Array, sd: Array, basis: Array
) -> npt.NDArray[np.float64]:
    """Fit the coefficients of the bias for given class means and weights.

    Parameters
    ----------
    values : ndarray, shape (n,)
    weights : ndarray, shape (k, n)
        Probability of each class.
    mean, sd : ndarray, shape (k,)
    basis : ndarray, shape (n, terms)

    Returns
    -------
    ndarray, shape (terms,), float64
        Scaled so that the mean of ``basis @ coefficients`` is 1.
    """
    precision = (mean**2 / sd**2) @ weights
    target = ((mean / sd**2) @ weights) * values
    design = np.asarray(basis, dtype=np.float64)
    normal = design.T @ (design * precision[:, None])
    normal += 1e-6 * np.trace(normal) / len(normal) * np.eye(len(normal))
    coefficients = np.linalg.solve(normal, design.T @ target)
    return np.asarray(coefficients / (design @ coefficients).mean())
