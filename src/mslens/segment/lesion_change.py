"""New, enlarging and shrinking lesions between two visits: subtraction joined with probabilities.

Every voxel gets a posterior of growth from the difference of the matched FLAIRs and the lesion
probabilities of both visits (`change_evidence`). How far unchanged tissue differs is measured on
the pair itself: at every edge strength, because a shift of a fraction of a voxel shows at edges,
and in every region, because ghosts of motion trouble only a part of an image. Shrinking is the same
with the visits exchanged.
Subtraction: Moraal et al., Radiology 2010;255:154; joined with a segmentation:
Sweeney et al., AJNR 2013 (SuBLIME), doi:10.3174/ajnr.A3172.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import Array, LabelArray, MaskArray, Spacing
from mslens.core.errors import ImageError
from mslens.core.settings import Settings
from mslens.image.components import count_voxels, keep_overlapping, label_components
from mslens.segment.change_evidence import ChangeEvidenceSettings, ChangeView, weigh_change
from mslens.segment.intensity_match import IntensityMatchSettings, match_intensities

Floats = npt.NDArray[np.float32]
ChangeKind = Literal["new", "enlarging", "shrinking"]
#: Value of a kind in the map of changes.
CHANGE_LABELS: dict[ChangeKind, int] = {"new": 1, "enlarging": 2, "shrinking": 3}
_FWHM_PER_SIGMA = 2.3548
_MAD_TO_SD = 1.4826
_MIN_TISSUE_VOXELS = 500
#: Single differences count at most so much, so that no change makes its own region restless.
_LARGEST_SQUARE, _LEAST_WEIGHT = 9.0, 0.01


class LesionChangeSettings(Settings):
    """Parameters of `find_lesion_changes`.

    Parameters
    ----------
    match : IntensityMatchSettings
    smoothing_fwhm_mm : float
        Both images are smoothed by this before they are subtracted.
    normal_below : float
        Tissue whose lesion probability is lower at both visits counts as normal.
    sure_above : float
        Voxels whose probability is higher tell the contrast of lesions.
    evidence : ChangeEvidenceSettings
        What the evidence of a voxel is worth.
    edge_bins : int
        Edge strengths at which the spread is measured.
    region_mm : float
        Standard deviation of the Gaussian over which the spread of a region is measured.
    grow_score, seed_score : float
        A change grows down to the one posterior and reaches the other somewhere.
    least_share_before : float
        Growth is enlarging when the lesions of the visit before that it touches have at least
        this share of its volume; else it is new.
    min_volume_mm3 : float
        Smaller changes are dropped: a ball of 3 mm, the smallest lesion that counts.
    """

    match: IntensityMatchSettings = IntensityMatchSettings()
    smoothing_fwhm_mm: float = Field(default=2.0, ge=0)
    normal_below: float = Field(default=0.1, gt=0, lt=1)
    sure_above: float = Field(default=0.9, gt=0, lt=1)
    evidence: ChangeEvidenceSettings = ChangeEvidenceSettings()
    edge_bins: int = Field(default=24, ge=2)
    region_mm: float = Field(default=8.0, gt=0)
    grow_score: float = Field(default=0.5, ge=0, le=1)
    seed_score: float = Field(default=0.95, ge=0, le=1)
    least_share_before: float = Field(default=0.1, ge=0)
    min_volume_mm3: float = Field(default=14.0, ge=0)


@dataclass(frozen=True, eq=False)
class VisitPair:
    """Two visits on one grid of the half-way space, all arrays of shape (x, y, z).

    Parameters
    ----------
    earlier, later : ndarray
        FLAIR.
    earlier_probability, later_probability : ndarray
        Lesion probability, 0 to 1.
    brain : ndarray of bool
        What both visits show of the brain.
    """

    earlier: Array
    later: Array
    earlier_probability: Array
    later_probability: Array
    brain: MaskArray


@dataclass(frozen=True, eq=False)
class LesionChanges:
    """What changed.

    Parameters
    ----------
    instances : ndarray, shape (x, y, z), int32
        0 outside, 1 ... n for the changes, growth first, each group the largest first.
    kinds : tuple of str, length n
    confidence : tuple of float, length n
        Mean posterior over the voxels of the change.
    subtraction : ndarray, shape (x, y, z), float32
        Later less earlier, in units of normal tissue; 0 outside the brain.
    contrast : float
        Lesions over normal tissue, less 1.
    noise : float
        Median spread of the subtraction in normal tissue.
    """

    instances: LabelArray
    kinds: tuple[ChangeKind, ...]
    confidence: tuple[float, ...]
    subtraction: Floats
    contrast: float
    noise: float


def find_lesion_changes(
    pair: VisitPair, *, voxel_size_mm: Spacing, settings: LesionChangeSettings
) -> LesionChanges:
    """Find new, enlarging and shrinking lesions between two visits.

    Parameters
    ----------
    pair : VisitPair
    voxel_size_mm : tuple of 3 float
    settings : LesionChangeSettings

    Returns
    -------
    LesionChanges

    Raises
    ------
    ImageError
        If hardly any normal tissue is seen at both visits.
    """
    forth, back = view_changes(pair, voxel_size_mm=voxel_size_mm, settings=settings)
    grown, shrunk = (
        weigh_change(view, pair.brain, settings=settings.evidence) for view in (forth, back)
    )
    voxel_mm3 = float(np.prod(voxel_size_mm))
    growth, loss = (_label_changes(part, voxel_mm3, settings) for part in (grown, shrunk))
    n_growth = int(growth.max(initial=0))
    instances = np.where(growth > 0, growth, np.where(loss > 0, loss + n_growth, 0))
    before = np.asarray(forth.p_before) > 0.5
    kinds = _tell_new_from_enlarging(growth, before, settings.least_share_before)
    kinds += ["shrinking"] * int(loss.max(initial=0))
    best = np.where(growth > 0, grown, shrunk)
    normal = _find_normal(pair.brain, forth.p_before, forth.p_after, settings)
    return LesionChanges(
        instances=instances.astype(np.int32),
        kinds=tuple(kinds),
        confidence=tuple(_mean_by_label(best, instances, len(kinds))),
        subtraction=np.asarray(forth.rise, dtype=np.float32),
        contrast=forth.contrast,
        noise=float(np.median(np.asarray(forth.spread)[normal])),
    )


def view_changes(
    pair: VisitPair, *, voxel_size_mm: Spacing, settings: LesionChangeSettings
) -> tuple[ChangeView, ChangeView]:
    """Match the intensities of two visits and view their difference forth and back in time.

    Parameters
    ----------
    pair : VisitPair
    voxel_size_mm : tuple of 3 float
    settings : LesionChangeSettings

    Returns
    -------
    forth, back : ChangeView
        Growth, and shrinking as growth from the later to the earlier visit.

    Raises
    ------
    ImageError
        If hardly any normal tissue is seen at both visits.
    """
    p_earlier, p_later = (
        np.clip(np.nan_to_num(p), 0, 1).astype(np.float32)
        for p in (pair.earlier_probability, pair.later_probability)
    )
    brain = np.asarray(pair.brain) != 0
    normal = _find_normal(brain, p_earlier, p_later, settings)
    if int(normal.sum()) < _MIN_TISSUE_VOXELS:
        raise ImageError(
            f"only {int(normal.sum())} voxels of normal tissue are seen at both visits",
            expected=f"at least {_MIN_TISSUE_VOXELS}",
            cure="Look at the brain masks and at the registration between the visits",
        )
    sigma = settings.smoothing_fwhm_mm / _FWHM_PER_SIGMA / np.asarray(voxel_size_mm)
    earlier, later = match_intensities(
        pair.earlier, pair.later, normal, voxel_size_mm=voxel_size_mm, settings=settings.match
    )
    earlier, later = (ndimage.gaussian_filter(i, sigma, truncate=3.0) for i in (earlier, later))
    difference = np.where(brain, later - earlier, 0).astype(np.float32)
    spread = measure_spread(difference, earlier + later, normal, bins=settings.edge_bins)
    sigma = settings.region_mm / np.asarray(voxel_size_mm)
    spread = spread * measure_unrest(difference / spread, normal, sigma=sigma)
    contrast = _lesion_contrast(earlier, later, p_earlier, p_later, normal, settings)
    return (
        ChangeView(difference, spread, earlier, p_earlier, p_later, contrast),
        ChangeView(-difference, spread, later, p_later, p_earlier, contrast),
    )


def measure_spread(difference: Array, image: Array, normal: MaskArray, *, bins: int) -> Floats:
    """Measure how far the difference of two images spreads where nothing changed, by edge strength.

    Parameters
    ----------
    difference, image : ndarray, shape (x, y, z)
        The difference, and the image whose gradient tells where edges are.
    normal : ndarray of bool, shape (x, y, z)
    bins : int

    Returns
    -------
    ndarray, shape (x, y, z), float32
        Robust standard deviation (1.4826 MAD) of the difference among normal voxels of about
        the same gradient; it never falls with the gradient.
    """
    slope = np.sqrt(sum(np.square(part) for part in np.gradient(np.asarray(image))))
    own, values = slope[normal], np.abs(np.asarray(difference)[normal])
    edges = np.quantile(own, np.linspace(0, 1, bins + 1))
    place = np.clip(np.searchsorted(edges, own, side="right") - 1, 0, bins - 1)
    centres, spreads = [], []
    for number in range(bins):
        members = place == number
        if members.any():
            centres.append(float(np.median(own[members])))
            spreads.append(_MAD_TO_SD * float(np.median(values[members])))
    rising = np.maximum.accumulate(np.maximum(spreads, 1e-6))
    return np.interp(slope, centres, rising).astype(np.float32)


def measure_unrest(spreads: Array, normal: MaskArray, *, sigma: Array) -> Floats:
    """Measure by how much a region is more restless than the brain.

    Parameters
    ----------
    spreads : ndarray, shape (x, y, z)
        Difference of two images over its spread.
    normal : ndarray of bool, shape (x, y, z)
    sigma : array_like of 3 float
        Of the Gaussian around a voxel, in voxels.

    Returns
    -------
    ndarray, shape (x, y, z), float32
        Root mean square of the differences of normal tissue around, each cut at 3; at least 1.
    """
    own = np.where(normal, np.minimum(np.square(spreads), _LARGEST_SQUARE), 0).astype(np.float32)
    weight = np.asarray(normal, dtype=np.float32)
    total, share = (ndimage.gaussian_filter(part, sigma, truncate=3.0) for part in (own, weight))
    mean = np.divide(total, share, out=np.ones_like(total), where=share > _LEAST_WEIGHT)
    return np.sqrt(np.maximum(mean, 1)).astype(np.float32)


def _find_normal(
    brain: MaskArray, p_earlier: Array, p_later: Array, settings: LesionChangeSettings
) -> MaskArray:
    highest = np.maximum(p_earlier, p_later)
    return (np.asarray(brain) != 0) & (highest < settings.normal_below)


def _lesion_contrast(
    earlier: Floats,
    later: Floats,
    p_earlier: Floats,
    p_later: Floats,
    normal: MaskArray,
    settings: LesionChangeSettings,
) -> float:
    """How much brighter lesions are than normal tissue; at least three spreads of it."""
    base = np.concatenate([earlier[normal], later[normal]])
    middle = float(np.median(base))
    least = 3 * _MAD_TO_SD * float(np.median(np.abs(base - middle)))
    sure = [image[p > settings.sure_above] for image, p in ((earlier, p_earlier), (later, p_later))]
    inside = np.concatenate(sure)
    if inside.size < 10:
        return least
    return max(least, float(np.median(inside)) - middle)


def _label_changes(
    posterior: Array, voxel_mm3: float, settings: LesionChangeSettings
) -> LabelArray:
    kept = keep_overlapping(posterior > settings.grow_score, posterior > settings.seed_score)
    least = max(1, int(np.ceil(settings.min_volume_mm3 / voxel_mm3 - 1e-9)))
    return label_components(kept, min_voxels=least)


def _tell_new_from_enlarging(
    growth: LabelArray, lesion_before: MaskArray, least_share: float
) -> list[ChangeKind]:
    """Growth that touches enough lesion of the earlier visit is enlarging, all other is new."""
    sizes = count_voxels(growth)
    before = label_components(lesion_before)
    before_sizes = np.append(0, count_voxels(before))
    block = ndimage.generate_binary_structure(3, 3)
    kinds: list[ChangeKind] = []
    for number, box in enumerate(ndimage.find_objects(growth), start=1):
        around = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in box)
        reach = ndimage.binary_dilation(growth[around] == number, block)
        touched = int(before_sizes[np.unique(before[around][reach])].sum())
        is_old = touched > 0 and touched >= least_share * sizes[number - 1]
        kinds.append("enlarging" if is_old else "new")
    return kinds


def _mean_by_label(values: Array, labels: LabelArray, count: int) -> list[float]:
    inside = labels > 0
    owner = labels[inside].astype(np.int64)
    total = np.bincount(owner, weights=values[inside], minlength=count + 1)[1:]
    size = np.maximum(np.bincount(owner, minlength=count + 1)[1:], 1)
    return [float(value) for value in total / size]
