"""The unsupervised mixture as a whole: from images to a score, a mask and facts."""

from __future__ import annotations

from typing import Any

from mslens.core.arrays import Array, MaskArray
from mslens.segment.lesion_features import LesionContrasts
from mslens.segment.lesions import LesionSettings, score_lesions, threshold_lesions

FALLBACK_WARNING = (
    "The lesions come from the unsupervised fallback. A trained model or masks of your own are"
    " better; look at every lesion before you use it."
)


def find_by_fallback(
    images: LesionContrasts, settings: LesionSettings
) -> tuple[Array, MaskArray, dict[str, Any]]:
    """Find lesions without a trained model.

    Parameters
    ----------
    images : LesionContrasts
    settings : LesionSettings

    Returns
    -------
    score : ndarray, shape (x, y, z), float32
    mask : ndarray, shape (x, y, z), bool
    facts : dict
        Method and class means.

    Raises
    ------
    ImageError
        If the mask is nearly empty or an image is not finite inside it.
    QualityError
        If a normal tissue is not there.
    """
    found = score_lesions(
        images.flair,
        images.mask,
        images.geography[:3],
        [image for image in (images.t1w, images.t2w) if image is not None],
        voxel_size_mm=images.voxel_size_mm,
        settings=settings,
    )
    mask = threshold_lesions(
        found.score, found.brightness, voxel_size_mm=images.voxel_size_mm, settings=settings
    )
    facts = {
        "method": "unsupervised mixture with lesions as outliers of white matter (fallback)",
        "class_means": found.describe_means(),
    }
    return found.score, mask, facts
