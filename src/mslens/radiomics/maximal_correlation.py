"""Maximal correlation coefficient of a co-occurrence matrix: the costly feature of the GLCM.

It is the square root of the second largest eigenvalue of Q = D^-1 P D^-1 P^T. Haralick 1973.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import ArpackNoConvergence, eigsh

from mslens.core.arrays import Array
from mslens.core.compiled import kernel

#: Up to this size a full eigenvalue decomposition is faster than Lanczos iterations.
_SMALL_PROBLEM = 80


@kernel
def _dense_matrix(levels: Array, cells: Array, offset: int, n_levels: int) -> Array:
    matrix = np.zeros((n_levels, n_levels))
    for cell in cells:
        b = levels[cell + offset]
        if b > 0:
            a = levels[cell]
            matrix[a - 1, b - 1] += 1.0
            matrix[b - 1, a - 1] += 1.0
    return matrix


def maximal_correlation(levels: Array, cells: Array, offsets: Array, n_levels: int) -> float:
    """Return the mean maximal correlation coefficient over the directions.

    It is the square root of the second largest eigenvalue of Q = D^-1 P D^-1 P^T, that is the
    second largest absolute eigenvalue of the symmetric S = D^-1/2 P D^-1/2, whose largest one
    is 1 with the eigenvector sqrt(p).
    """
    if np.unique(levels[cells]).size < 2:
        return 1.0
    matrices = (_dense_matrix(levels, cells, int(offset), n_levels) for offset in offsets)
    found = [_second_correlation(matrix / matrix.sum()) for matrix in matrices if matrix.any()]
    return float(np.mean(found)) if found else float("nan")


def _second_correlation(p: Array) -> float:
    used = np.flatnonzero(p.sum(axis=0))
    p = p[np.ix_(used, used)]
    marginal = p.sum(axis=0)
    root = np.sqrt(marginal)
    rest = p / np.outer(root, root) - np.outer(root, root)
    vector = _dominant_vector(rest)
    value = float((vector @ rest @ vector) ** 2)
    # PyRadiomics divides by p_i p_k + eps; to first order that moves the eigenvalue by this.
    left = p @ (vector / (marginal * root))
    right = p @ (vector / root)
    value -= float(np.spacing(1.0) * np.sum(left * right / marginal**2))
    return float(np.sqrt(max(value, 0.0)))


def _dominant_vector(matrix: Array) -> Array:
    """Return the unit eigenvector of the largest absolute eigenvalue of a symmetric matrix."""
    if len(matrix) <= _SMALL_PROBLEM:
        values, vectors = np.linalg.eigh(matrix)
        return np.asarray(vectors[:, np.argmax(np.abs(values))])
    start = np.linspace(1.0, 2.0, len(matrix))
    try:
        _, vectors = eigsh(matrix, k=1, which="LM", v0=start)
    except ArpackNoConvergence:
        values, vectors = np.linalg.eigh(matrix)
        vectors = vectors[:, [np.argmax(np.abs(values))]]
    return np.asarray(vectors[:, 0])
