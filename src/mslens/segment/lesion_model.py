"""The trained lesion model: voxels, then candidate lesions, then a calibrated probability.

1. A boosted forest gives each bright voxel the log odds m1 of lying in a lesion.
2. Neighbouring voxels above a low probability form candidates; a second forest gives each the log
   odds m2 of being a lesion at all. This is what keeps false positives low when the load is.
3. p = expit(a m1 + b m2 + c), fitted on persons that neither forest has seen; voxels of no
   candidate: expit(a' m1 + c'). The mask is p above the threshold that gave the best mean Dice
   there, less what is smaller than the smallest lesion.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.image.components import count_voxels, label_components
from mslens.segment.lesion_candidates import Candidates, find_candidates
from mslens.segment.lesion_features import LesionContrasts, VoxelFeatures, measure_features
from mslens.segment.lesion_forest import Forest, predict_margin
from mslens.segment.lesions import LesionSettings

Floats = npt.NDArray[np.float32]

#: Voxels less likely than this (first forest, log odds) are in no candidate.
LOWEST_MARGIN = -1.5
_MARGIN_LIMIT = 12.0


@dataclass(frozen=True, eq=False)
class LesionModel:
    """A trained model.

    Parameters
    ----------
    voxels, candidates : Forest
    inside, outside : ndarray, shape (3,) and (2,), float64
        Weights of m1, of m2 and the constant in candidates; of m1 and the constant elsewhere.
    threshold : float
        Probability from which a voxel is lesion.
    """

    voxels: Forest
    candidates: Forest
    inside: Array
    outside: Array
    threshold: float


@dataclass(frozen=True, eq=False)
class FoundLesions:
    """What the model finds.

    Parameters
    ----------
    probability : ndarray, shape (x, y, z), float32
    mask : ndarray, shape (x, y, z), bool
    n_candidates : int
        Before any was dropped.
    features : VoxelFeatures
    """

    probability: Floats
    mask: MaskArray
    n_candidates: int
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
    margin = predict_margin(model.voxels, features.values)
    shape = np.asarray(images.mask).shape
    found = find_candidates(
        margin,
        features.values,
        features.where,
        shape=(shape[0], shape[1], shape[2]),
        voxel_size_mm=images.voxel_size_mm,
        lowest_margin=LOWEST_MARGIN,
    )
    of_candidate = predict_margin(model.candidates, found.values)
    likely = join_margins(margin, of_candidate, found, inside=model.inside, outside=model.outside)
    probability = np.zeros(shape, dtype=np.float32)
    probability.ravel()[features.where] = likely
    mask = cut_probability(
        probability,
        threshold=model.threshold,
        voxel_size_mm=images.voxel_size_mm,
        min_volume_mm3=settings.min_volume_mm3,
    )
    return FoundLesions(probability, mask, len(found.voxels), features)


def describe_found(found: FoundLesions) -> dict[str, Any]:
    """Return what is worth keeping of a result beside its images."""
    return {
        "method": "trained model: boosted voxel features, then candidate lesions",
        "candidates": found.n_candidates,
        "class_means": found.features.mixture.describe_means(),
    }


def join_margins(
    margin: Array, of_candidate: Array, found: Candidates, *, inside: Array, outside: Array
) -> Floats:
    """Join what is known of a voxel and of its candidate to a probability, shape (n,)."""
    m1 = limit_margin(margin)
    m2 = np.append(0.0, limit_margin(of_candidate))[found.owner]
    within = inside[0] * m1 + inside[1] * m2 + inside[2]
    likely = np.where(found.owner > 0, within, outside[0] * m1 + outside[1])
    return expit(likely).astype(np.float32)


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
