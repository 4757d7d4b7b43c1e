"""Bias-field correction: one signature, several back-ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from mslens.core.arrays import MaskArray
from mslens.core.registry import choose_method
from mslens.core.settings import Settings
from mslens.core.volume import Volume
from mslens.preprocess.n4 import BiasCorrection, N4Settings, correct_bias_n4
from mslens.preprocess.n4_ants import correct_bias_ants
from mslens.preprocess.n4_simpleitk import correct_bias_simpleitk


class BiasSettings(Settings):
    """Settings of bias correction.

    Parameters
    ----------
    method : {"n4", "ants", "simpleitk", "none"}
        Our N4, that of antspyx, that of SimpleITK; none for images that were corrected before.
    n4 : N4Settings
        The same for every back-end.
    """

    method: Literal["n4", "ants", "simpleitk", "none"] = "n4"
    n4: N4Settings = N4Settings()


def _leave(image: Volume, mask: MaskArray, *, settings: N4Settings) -> BiasCorrection:  # noqa: ARG001
    flat = np.ones(image.grid.shape, dtype=np.float32)
    return BiasCorrection(image, image.like(flat), ())


#: Method -> ``correct(image, mask, *, settings) -> BiasCorrection``.
METHODS: dict[str, Callable[..., BiasCorrection]] = {
    "n4": correct_bias_n4,
    "ants": correct_bias_ants,
    "simpleitk": correct_bias_simpleitk,
    "none": _leave,
}


def correct_bias_field(image: Volume, mask: MaskArray, *, settings: BiasSettings) -> BiasCorrection:
    """Correct the intensity non-uniformity by the settings' method.

    Parameters
    ----------
    image : Volume, scalar
        Negative intensities (ringing of an earlier interpolation) count as 0.
    mask : ndarray of bool, shape = image.grid.shape
    settings : BiasSettings

    Returns
    -------
    BiasCorrection

    Raises
    ------
    ImageError
        If the mask holds too few positive voxels.
    MissingDependency
        If the back-end is not installed.
    """
    method = choose_method(METHODS, settings.method, stage="bias")
    positive = image.like(np.maximum(image.data, 0.0).astype(np.float32))
    return method(positive, mask, settings=settings.n4)
