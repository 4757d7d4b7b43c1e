"""Scores of one session from its maps: overlap, lesions found, locations, deformation."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from mslens.core.arrays import Array, LabelArray, MaskArray, Spacing
from mslens.evaluate.dice import measure_dice
from mslens.evaluate.lesion_matching import count_min_voxels, match_lesions
from mslens.image.components import label_components
from mslens.stats.correlation import correlate

#: Smoothing under which log-Jacobians are compared beside the plain ones.
SMOOTH_FWHM_MM = 12.0
#: Value of a new lesion in a map of changes.
NEW = 1
TISSUES = {"csf": 1, "gm": 2, "wm": 3}


def score_overlap(estimate: Mapping[str, Array], truth: Mapping[str, Array]) -> dict[str, float]:
    """Measure Dice of the brain, each tissue and the lesions.

    Parameters
    ----------
    estimate, truth : mapping of str to ndarray, shape (x, y, z)
        Roles ``brain_mask``, ``tissue`` (1 CSF, 2 GM, 3 WM) and ``lesions``; what one of the two
        lacks is not scored.

    Returns
    -------
    dict
        ``dice_brain``, ``dice_csf``, ``dice_gm``, ``dice_wm``, ``dice_lesion``.

    Raises
    ------
    GridMismatch
        If the shapes differ.
    """
    scores = {}
    for role, name in (("brain_mask", "dice_brain"), ("lesions", "dice_lesion")):
        if role in estimate and role in truth:
            scores[name] = measure_dice(estimate[role], truth[role])
    if "tissue" in estimate and "tissue" in truth:
        for name, label in TISSUES.items():
            found, true = estimate["tissue"] == label, truth["tissue"] == label
            scores[f"dice_{name}"] = measure_dice(found, true)
    return scores


def score_lesions(
    found: Array,
    true: MaskArray,
    *,
    found_locations: Mapping[int, str],
    true_locations: Mapping[int, str],
    true_instances: Array,
    voxel_volume_ml: float,
) -> dict[str, float]:
    """Count the true lesions that were found, false positives, and agreeing location classes.

    Parameters
    ----------
    found : ndarray of int, shape (x, y, z)
        Found lesions, 1, 2, ...
    true : ndarray of bool, shape (x, y, z)
        True lesion mask. Lesions below `MIN_LESION_ML` need not be found.
    found_locations, true_locations : mapping of int to str
        Location class of each found and each true lesion.
    true_instances : ndarray of int, shape (x, y, z)
        The numbers of `true_locations`.
    voxel_volume_ml : float

    Returns
    -------
    dict
        ``lesions_true``, ``lesions_detected``, ``false_positives``, ``lesion_sensitivity``,
        ``lesion_f1``, ``locations_compared``, ``locations_equal``; ``single_compared`` and
        ``single_equal``, the same of true lesions whose found one touches no other.
    """
    counted = label_components(true, min_voxels=count_min_voxels(voxel_volume_ml))
    match = match_lesions(found, counted, other_true=true)
    number = np.zeros(match.partner.size + 1, dtype=np.int64)
    number[counted[counted > 0]] = true_instances[counted > 0]
    pairs, alone = [], []
    shared = np.bincount(match.partner, minlength=1)
    for own, partner in zip(number[1:], match.partner, strict=True):
        if int(own) in true_locations and int(partner) in found_locations:
            pairs.append((true_locations[int(own)], found_locations[int(partner)]))
            alone.append(shared[partner] == 1)
    equal = np.array([own == partner for own, partner in pairs], dtype=bool)
    single = np.array(alone, dtype=bool)
    return {
        "lesions_true": float(match.partner.size),
        "lesions_detected": float(match.n_detected),
        "false_positives": float(match.n_false_positive),
        "lesion_sensitivity": match.sensitivity,
        "lesion_f1": match.f1,
        "locations_compared": float(len(pairs)),
        "locations_equal": float(equal.sum()),
        "single_compared": float(single.sum()),
        "single_equal": float(equal[single].sum()),
    }


def score_changes(changes: Array, truth: Array, *, voxel_volume_ml: float) -> dict[str, float]:
    """Count the new lesions that were found, and those that are none.

    Parameters
    ----------
    changes, truth : ndarray of int, shape (x, y, z)
        `NEW` inside new lesions. True ones below `MIN_LESION_ML` need not be found.
    voxel_volume_ml : float

    Returns
    -------
    dict
        ``new_true``, ``new_detected``, ``new_found``, ``new_false``.
    """
    true = truth == NEW
    counted = label_components(true, min_voxels=count_min_voxels(voxel_volume_ml))
    match = match_lesions(label_components(changes == NEW), counted, other_true=true)
    return {
        "new_true": float(match.partner.size),
        "new_detected": float(match.n_detected),
        "new_found": float(match.is_real.size),
        "new_false": float(match.n_false_positive),
    }


def score_jacobian(
    estimate: Array, truth: Array, inside: MaskArray, *, voxel_size_mm: Spacing
) -> dict[str, float]:
    """Correlate two log-Jacobians inside a mask, as they are and both smoothed.

    Parameters
    ----------
    estimate, truth : ndarray of float, shape (x, y, z)
        The estimate may have been smoothed before; the truth has not.
    inside : ndarray of bool, shape (x, y, z)
    voxel_size_mm : tuple of 3 float

    Returns
    -------
    dict
        ``jacobian_r``, and ``jacobian_smooth_r`` after a Gaussian of `SMOOTH_FWHM_MM` on both
        volume changes; ``jacobian_bias``, mean difference.
    """
    if np.count_nonzero(inside) < 2:
        return dict.fromkeys(("jacobian_r", "jacobian_smooth_r", "jacobian_bias"), math.nan)
    sigma = SMOOTH_FWHM_MM / (2 * math.sqrt(2 * math.log(2))) / np.asarray(voxel_size_mm)
    smooth = [
        np.log(ndimage.gaussian_filter(np.exp(values), sigma, mode="nearest"))[inside]
        for values in (estimate, truth)
    ]
    return {
        "jacobian_r": float(correlate(estimate[inside], truth[inside])),
        "jacobian_smooth_r": float(correlate(smooth[0], smooth[1])),
        "jacobian_bias": float(np.mean(estimate[inside] - truth[inside])),
    }


def measure_growth(
    estimate: Array, truth: Array, labels: LabelArray
) -> dict[int, tuple[float, float]]:
    """Measure the log volume change of every region in two log-Jacobians.

    Parameters
    ----------
    estimate, truth : ndarray of float, shape (x, y, z)
    labels : ndarray of int, shape (x, y, z)
        Regions of the template; 0 is none.

    Returns
    -------
    dict
        Label to log of the mean volume change, estimated and true.
    """
    where = labels > 0
    label = labels[where]
    count = np.bincount(label)
    sums = [np.bincount(label, weights=np.exp(v[where].astype(float))) for v in (estimate, truth)]
    return {
        int(k): (math.log(sums[0][k] / count[k]), math.log(sums[1][k] / count[k]))
        for k in np.flatnonzero(count)
    }
