"""The trained lesion model: two boosted forests, the second with the first one's context.

1. A boosted forest gives each bright voxel the log odds m1 of lying in a lesion, from its features.
2. A second forest sees the same features and what m1 says of the surroundings: mean probability at
   several scales, and size, form and certainty of the island that the voxel lies on. This is what
   keeps false positives low when the load is. It gives m2.
3. p = expit(a m2 + b), fitted on persons that neither forest has seen. The mask is where p reaches
   the threshold, less what is smaller than the smallest lesion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.image.components import count_voxels, label_components
from mslens.segment.lesion_context import measure_context
from mslens.segment.lesion_features import LesionContrasts, VoxelFeatures, measure_features
from mslens.segment.lesion_forest import Forest, predict_margin
from mslens.segment.lesions import LesionSettings

Floats = npt.NDArray[np.float32]

_MARGIN_LIMIT = 12.0


@dataclass(frozen=True, eq=False)
class LesionModel:
    """A trained model.

    Parameters
    ----------
    first : Forest
        Over `mslens.segment.lesion_features.FEATURES`.
    second : Forest
        Over these and `mslens.segment.lesion_context.CONTEXT_FEATURES`.
    scale : ndarray, shape (2,), float64
        Factor of m2 and the constant.
    threshold : float
        Probability from which a voxel is lesion.
    """

    first: Forest
    second: Forest
    scale: Array
    threshold: float


@dataclass(frozen=True, eq=False)
class FoundLesions:
    """What the model finds.

    Parameters
    ----------
    probability : ndarray, shape (x, y, z), float32
    mask : ndarray, shape (x, y, z), bool
    features : VoxelFeatures
    """

    probability: Floats
    mask: MaskArray
    features: VoxelFeatures


def find_lesions(
    images: LesionContrasts, model: LesionModel, *, settings: LesionSettings
) -> FoundLesions:
    """Find lesions with a trained model.

    Parameters
    ----------
    images : LesionContrasts
    model : LesionModel
    settings : LesionSettings

    Returns
    -------
    FoundLesions

    Raises
    ------
    ImageError
        If the mask is nearly empty or an image is not finite inside it.
    QualityError
        If a normal tissue is not there.
    """
    features = measure_features(images, settings=settings)
    shape = np.asarray(images.mask).shape
    margin = second_margin(
        features.values, features.where, model.first, model.second,
        shape=(shape[0], shape[1], shape[2]), voxel_size_mm=images.voxel_size_mm,
    )  # fmt: skip
    probability = np.zeros(shape, dtype=np.float32)
    probability.ravel()[features.where] = scale_margin(margin, model.scale)
    mask = cut_probability(
        probability,
        threshold=model.threshold,
        voxel_size_mm=images.voxel_size_mm,
        min_volume_mm3=settings.min_volume_mm3,
    )
    return FoundLesions(probability, mask, features)


def describe_found(found: FoundLesions) -> dict[str, Any]:
    """Return what is worth keeping of a result beside its images."""
    return {
        "method": "trained model: boosted voxel features, then their context",
        "class_means": found.features.mixture.describe_means(),
    }


def second_margin(
    values: Array,
    where: Array,
    first: Forest,
    second: Forest,
    *,
    shape: tuple[int, int, int],
    voxel_size_mm: Spacing,
) -> Floats:
    """Give each voxel the log odds m2, shape (n,), from its features and their context."""
    margin = predict_margin(first, values)
    context = measure_context(margin, where, shape=shape, voxel_size_mm=voxel_size_mm)
    return predict_margin(second, np.hstack([values, context]))


def scale_margin(margin: Array, scale: Array) -> Floats:
    """Make log odds a calibrated probability."""
    return expit(scale[0] * limit_margin(margin) + scale[1]).astype(np.float32)


def limit_margin(margin: Array) -> npt.NDArray[np.float64]:
    """Keep log odds within bounds that a probability can show."""
    return np.clip(np.asarray(margin, dtype=np.float64), -_MARGIN_LIMIT, _MARGIN_LIMIT)


def cut_probability(
    probability: Array, *, threshold: float, voxel_size_mm: Spacing, min_volume_mm3: float
) -> MaskArray:
    """Make a mask of a probability; components below the smallest volume are dropped."""
    labels = label_components(np.asarray(probability) >= threshold)
    volume_mm3 = count_voxels(labels) * float(np.prod(voxel_size_mm))
    return np.asarray(np.append(False, volume_mm3 >= min_volume_mm3)[labels])
