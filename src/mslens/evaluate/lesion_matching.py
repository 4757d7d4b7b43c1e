"""Lesion-wise agreement: which true lesions were found, which found lesions are none.

A lesion is found when at least one of its voxels is; a found lesion that touches no true one is a
false positive. Carass et al., NeuroImage 2017 (doi:10.1016/j.neuroimage.2016.12.064).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.core.errors import GridMismatch

#: Volume of a ball of 3 mm, the smallest lesion that the consensus criteria count (Filippi 2019).
MIN_LESION_ML = 0.014


def count_min_voxels(voxel_volume_ml: float) -> int:
    """Count the voxels of the smallest lesion that has to be found."""
    return max(1, math.ceil(MIN_LESION_ML / voxel_volume_ml - 1e-9))


@dataclass(frozen=True, eq=False)
class LesionMatch:
    """How two sets of lesions go together.

    Parameters
    ----------
    partner : ndarray, shape (n_true,), int64
        For true lesion 1, 2, ... the found lesion with most voxels in it; 0 where none.
    is_real : ndarray, shape (n_found,), bool
        Whether found lesion 1, 2, ... touches a true one.
    """

    partner: npt.NDArray[np.int64]
    is_real: npt.NDArray[np.bool_]

    @property
    def n_detected(self) -> int:
        """Number of true lesions that were found."""
        return int(np.count_nonzero(self.partner))

    @property
    def n_false_positive(self) -> int:
        """Number of found lesions that touch no true one."""
        return int(np.count_nonzero(~self.is_real))

    @property
    def sensitivity(self) -> float:
        """Share of the true lesions that were found; NaN without any."""
        return self.n_detected / self.partner.size if self.partner.size else math.nan

    @property
    def precision(self) -> float:
        """Share of the found lesions that are real; NaN without any."""
        return float(self.is_real.mean()) if self.is_real.size else math.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and precision; NaN where there is nothing at all."""
        if not self.partner.size and not self.is_real.size:
            return math.nan
        if not self.n_detected:
            return 0.0
        return 2 * self.sensitivity * self.precision / (self.sensitivity + self.precision)


def match_lesions(found: Array, true: Array, *, other_true: Array | None = None) -> LesionMatch:
    """Match found lesions with true ones.

    Parameters
    ----------
    found, true : ndarray of int, shape (x, y, z)
        0 outside, 1, 2, ... for each lesion, without gaps.
    other_true : ndarray, shape (x, y, z), optional
        Non-zero where there is true lesion that need not be found, such as lesions too small to
        count: what touches it is no false positive.

    Returns
    -------
    LesionMatch

    Raises
    ------
    GridMismatch
        If the shapes differ.
    """
    if found.shape != true.shape:
        raise GridMismatch(
            f"lesions of shape {found.shape} and {true.shape} cannot be compared",
            expected="two maps of lesions on one grid",
        )
    n_found, n_true = int(found.max(initial=0)), int(true.max(initial=0))
    both = (found > 0) & (true > 0)
    pairs = true[both].astype(np.int64) * (n_found + 1) + found[both]
    overlap = np.bincount(pairs, minlength=(n_true + 1) * (n_found + 1))
    overlap = overlap.reshape(n_true + 1, n_found + 1)[1:]
    touched = np.zeros(n_found + 1, dtype=bool)
    touched[np.unique(found[both])] = True
    if other_true is not None:
        touched[np.unique(found[(found > 0) & (np.asarray(other_true) != 0)])] = True
    return LesionMatch(partner=overlap.argmax(axis=1), is_real=touched[1:])
