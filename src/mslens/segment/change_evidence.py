"""How strongly two FLAIRs and two segmentations speak for growth of a lesion, voxel by voxel.

Posterior odds = prior odds x likelihood ratio of the difference d x plausibility of what was there.
- Prior: p_after (1 - p_before) of the segmentations. Its floor lets a clear difference overrule a
  segmentation that missed the lesion.
- No change: N(0, s^2) with a share of wild values, s measured on the pair. Change: a voxel is
  filled to any part, d uniform over 0 to r c (c the contrast of lesions), under the same noise:
  (Phi(d/s) - Phi((d - r c)/s)) / (r c).
- Plausibility: a lesion comes from tissue. Fluid that turns bright is flow, and what changes by
  more than a whole lesion is a vessel, a moved structure or the scalp.
Subtraction joined with a segmentation: Sweeney et al., AJNR 2013, doi:10.3174/ajnr.A3172; joint
distribution of two FLAIRs: Schmidt et al., NeuroImage Clin 2019, doi:10.1016/j.nicl.2019.101849.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.special import expit, logit, ndtr

from mslens.core.arrays import Array, MaskArray
from mslens.core.settings import Settings

Floats = npt.NDArray[np.float32]
_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))
_TINY = 1e-30


class ChangeEvidenceSettings(Settings):
    """Parameters of `weigh_change`.

    Parameters
    ----------
    prior_range : tuple of float
        Probabilities are kept within it: no segmentation is surer than this.
    wild_share, wild_factor : float
        Share of unchanged voxels whose difference is wild, and their spread over the rest's.
    largest_share : float
        r: growth brightens a voxel by at most this share of the contrast of lesions.
    fluid_below : float
        What was darker than this share of normal tissue held fluid.
    fluid_weight : float
        Log odds lost for every tenth of normal tissue that it was darker.
    excess_above, excess_weight : float
        Log odds lost for every contrast of lesions by which the difference exceeds this share.
    """

    prior_range: tuple[float, float] = (0.005, 0.95)
    wild_share: float = Field(default=0.03, ge=0, lt=1)
    wild_factor: float = Field(default=4.0, ge=1)
    largest_share: float = Field(default=1.4, gt=0)
    fluid_below: float = Field(default=0.9, ge=0, le=1)
    fluid_weight: float = Field(default=2.0, ge=0)
    excess_above: float = Field(default=0.8, ge=0)
    excess_weight: float = Field(default=5.0, ge=0)


@dataclass(frozen=True, eq=False)
class ChangeView:
    """What is seen of a change in one direction of time, all arrays of shape (x, y, z).

    Parameters
    ----------
    rise : ndarray
        Image after less image before.
    spread : ndarray
        Standard deviation of the difference where nothing changed.
    before : ndarray
        Image before; normal tissue is 1.
    p_before, p_after : ndarray
        Lesion probability, 0 to 1.
    contrast : float
        Lesions over normal tissue, less 1.
    """

    rise: Array
    spread: Array
    before: Array
    p_before: Array
    p_after: Array
    contrast: float


def weigh_change(view: ChangeView, where: MaskArray, *, settings: ChangeEvidenceSettings) -> Floats:
    """Return the posterior of growth in every voxel.

    Parameters
    ----------
    view : ChangeView
    where : ndarray of bool, shape (x, y, z)
        Voxels to judge; of these only such as became brighter can be growth.
    settings : ChangeEvidenceSettings

    Returns
    -------
    ndarray, shape (x, y, z), float32
        0 elsewhere.
    """
    judged = (np.asarray(where) != 0) & (np.asarray(view.rise) > 0)
    rise, spread, before, p_before, p_after = (
        np.asarray(part, dtype=np.float64)[judged]
        for part in (view.rise, view.spread, view.before, view.p_before, view.p_after)
    )
    low, high = settings.prior_range
    prior = np.clip(p_after, low, high) * (1 - np.clip(p_before, low, high))
    ratio = _log_likelihood_ratio(rise / spread, view.contrast / spread, settings)
    dark = np.maximum(settings.fluid_below - before, 0) / 0.1
    excess = np.maximum(rise / view.contrast - settings.excess_above, 0)
    against = settings.fluid_weight * dark + settings.excess_weight * excess
    posterior = np.zeros(judged.shape, dtype=np.float32)
    posterior[judged] = expit(logit(prior) + ratio - against)
    return posterior


def _log_likelihood_ratio(
    z: npt.NDArray[np.float64], full: npt.NDArray[np.float64], settings: ChangeEvidenceSettings
) -> npt.NDArray[np.float64]:
    """Of a difference of z spreads, where a whole lesion makes `full` spreads."""
    share, wide = settings.wild_share, settings.wild_factor
    unchanged = (1 - share) * np.exp(-0.5 * z**2) + share / wide * np.exp(-0.5 * (z / wide) ** 2)
    reach = settings.largest_share * full
    changed = _ROOT_TWO_PI * (ndtr(z) - ndtr(z - reach)) / reach
    return np.asarray(np.log(np.maximum(changed, _TINY)) - np.log(np.maximum(unchanged, _TINY)))
