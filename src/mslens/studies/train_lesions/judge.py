"""Judge a lesion model, and the fallback beside it, by a case that neither was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mslens.core.arrays import MaskArray, Spacing
from mslens.evaluate.dice import measure_dice
from mslens.evaluate.lesion_matching import count_min_voxels, match_lesions
from mslens.image.components import label_components
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_model import LesionModel, find_lesions
from mslens.segment.lesion_view import choose_contrasts
from mslens.segment.lesions import LesionSettings, threshold_lesions


@dataclass(frozen=True)
class MaskScore:
    """Agreement of a lesion mask with the truth.

    Parameters
    ----------
    dice : float
        NaN when both are empty.
    volume_ml, true_ml : float
    found, lesions : int
        True lesions of at least 14 mm3 that the mask touches, of how many.
    false_positives : int
        Lesions of the mask that touch no true one.
    """

    dice: float
    volume_ml: float
    true_ml: float
    found: int
    lesions: int
    false_positives: int

    def __str__(self) -> str:
        return (
            f"Dice {self.dice:.3f}  volume {self.volume_ml:5.1f} of {self.true_ml:5.1f} ml  "
            f"found {self.found:3d}/{self.lesions:3d}  false positives {self.false_positives:3d}"
        )


@dataclass(frozen=True)
class JudgedCase:
    """A model and the fallback on one case with one choice of contrasts."""

    name: str
    contrasts: str
    model: MaskScore
    fallback: MaskScore


def judge_case(case: LesionCase, contrasts: str, model: LesionModel) -> JudgedCase:
    """Find the lesions of a case twice and compare them with the truth.

    Parameters
    ----------
    case : LesionCase
    contrasts : str
        A key of `CONTRASTS`.
    model : LesionModel
    """
    images = choose_contrasts(case, contrasts)
    settings = LesionSettings()
    found = find_lesions(images, model, settings=settings)
    mixture = found.features.mixture
    fallback = threshold_lesions(
        mixture.score, mixture.brightness, voxel_size_mm=case.voxel_size_mm, settings=settings
    )
    return JudgedCase(
        case.name,
        contrasts,
        score_mask(found.mask, case.lesions, voxel_size_mm=case.voxel_size_mm),
        score_mask(fallback, case.lesions, voxel_size_mm=case.voxel_size_mm),
    )


def score_mask(mask: MaskArray, truth: MaskArray, *, voxel_size_mm: Spacing) -> MaskScore:
    """Compare a mask with the truth; tiny true lesions count for Dice and volume only.

    Parameters
    ----------
    mask, truth : ndarray, shape (x, y, z), bool
    voxel_size_mm : tuple of 3 float
    """
    voxel_ml = float(np.prod(voxel_size_mm)) / 1000
    lesions = label_components(truth, min_voxels=count_min_voxels(voxel_ml))
    match = match_lesions(label_components(mask), lesions, other_true=truth)
    return MaskScore(
        dice=measure_dice(mask, truth),
        volume_ml=float(mask.sum()) * voxel_ml,
        true_ml=float(truth.sum()) * voxel_ml,
        found=match.n_detected,
        lesions=match.partner.size,
        false_positives=match.n_false_positive,
    )
