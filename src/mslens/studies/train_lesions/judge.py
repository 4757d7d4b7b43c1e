"""Judge a lesion model, and the fallback beside it, by a case that neither was fitted on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mslens.core.arrays import MaskArray, Spacing
from mslens.image.components import label_components
from mslens.segment.lesion_case import LesionCase
from mslens.segment.lesion_model import LesionModel, find_lesions
from mslens.segment.lesion_view import choose_contrasts
from mslens.segment.lesions import LesionSettings, threshold_lesions

#: A ball of 3 mm, the smallest lesion that the consensus criteria count (Filippi 2019).
SMALLEST_ML = 0.014


@dataclass(frozen=True)
class MaskScore:
    """Agreement of a lesion mask with the truth.

    Parameters
    ----------
    dice : float
        1 when both are empty.
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
    both = int((mask & truth).sum())
    total = int(mask.sum()) + int(truth.sum())
    ours = label_components(mask)
    theirs = label_components(truth, min_voxels=max(1, round(SMALLEST_ML / voxel_ml)))
    touched = np.unique(ours[mask & truth])
    return MaskScore(
        dice=1.0 if total == 0 else 2 * both / total,
        volume_ml=float(mask.sum()) * voxel_ml,
        true_ml=float(truth.sum()) * voxel_ml,
        found=len(np.setdiff1d(theirs[mask & truth], 0)),
        lesions=int(theirs.max(initial=0)),
        false_positives=int(ours.max(initial=0)) - len(touched),
    )
