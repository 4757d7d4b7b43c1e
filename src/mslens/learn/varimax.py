r"""Varimax rotation: factors turned so that each column loads on few of them.

Maximises :math:`\sum_k \mathrm{var}_j(\lambda_{jk}^2)` by repeated singular value decompositions
(Kaiser, Psychometrika 1958).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array

Floats = npt.NDArray[np.float64]


def rotate_varimax(
    loadings: Array, *, max_iterations: int = 200, tolerance: float = 1e-6
) -> Floats:
    """Find the varimax rotation of loadings.

    Parameters
    ----------
    loadings : ndarray, shape (p, k)
    max_iterations : int
    tolerance : float
        Ends when the criterion grows by less than this share.

    Returns
    -------
    ndarray, shape (k, k), float64
        Orthogonal; ``loadings @ rotation`` are the rotated loadings.
    """
    values = np.asarray(loadings, dtype=np.float64)
    rotation = np.eye(values.shape[1])
    criterion = 0.0
    for _ in range(max_iterations):
        turned = values @ rotation
        slope = values.T @ (turned**3 - turned * (turned**2).mean(axis=0))
        left, singular, right = np.linalg.svd(slope)
        rotation = left @ right
        if singular.sum() <= criterion * (1 + tolerance):
            break
        criterion = float(singular.sum())
    return np.asarray(rotation, dtype=np.float64)
