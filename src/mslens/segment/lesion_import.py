"""A user's lesion mask or probability map, made binary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from mslens.core.arrays import Array, MaskArray
from mslens.core.errors import ImageError
from mslens.core.settings import Settings


class ImportLesionsSettings(Settings):
    """How a user's lesion map is read.

    Parameters
    ----------
    threshold : float
        Probabilities at or above it are lesion.
    """

    threshold: float = Field(default=0.5, gt=0, le=1)


@dataclass(frozen=True)
class ImportedLesions:
    """A binary mask and what it was made from.

    Parameters
    ----------
    mask : ndarray of bool, shape (x, y, z)
    is_probability : bool
        The map held values between 0 and 1 and was cut at the threshold.
    """

    mask: MaskArray
    is_probability: bool


def binarise_lesions(values: Array, *, threshold: float) -> ImportedLesions:
    """Make a user's lesion map binary.

    Parameters
    ----------
    values : ndarray, shape (x, y, z)
        0 and one other value, or probabilities from 0 to 1.
    threshold : float
        Probabilities at or above it are lesion.

    Returns
    -------
    ImportedLesions

    Raises
    ------
    ImageError
        If the values are not finite, or neither binary nor probabilities.
    """
    array = np.asarray(values)
    if not np.isfinite(array).all():
        raise ImageError("the lesion mask holds NaN or Inf", expected="0 and 1")
    low, high = float(array.min(initial=0)), float(array.max(initial=0))
    if low >= 0 and ((array == 0) | (array == high)).all():
        return ImportedLesions(array > 0, False)
    if low >= 0 and high <= 1:
        return ImportedLesions(array >= threshold, True)
    raise ImageError(
        f"the lesion mask holds values from {low:g} to {high:g}",
        expected="0 and 1, or probabilities from 0 to 1",
        cure="Save the lesions alone as 0 and 1; labels of single lesions are made by mslens",
    )
