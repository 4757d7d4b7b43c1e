"""White-matter lesions without training: a mixture in which lesions are outliers of WM.

Four classes over one to three contrasts: CSF, GM and WM with full covariances, and lesions with a
wide Gaussian tied to WM, N(mu_WM, kappa Sigma_WM) with the weight of nu voxels, that only voxels
brighter on FLAIR than normal tissue may take. The template's WM map is the lesions' prior, a
mean-field Markov random field joins neighbours, and hysteresis keeps what is sure somewhere and
clearly brighter than GM.
After Van Leemput et al., IEEE TMI 2001, and Cerri et al., NeuroImage 2021 (SAMSEG, whose kappa
and nu these are), without its trained shape model.

The score of a voxel is the posterior of this model. It was not calibrated against raters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import Array, LabelArray, MaskArray, Spacing
from mslens.core.errors import ImageError, QualityError
from mslens.core.settings import Settings
from mslens.image.components import count_voxels, keep_overlapping, label_components
from mslens.image.crop import crop_box
from mslens.segment.neighbours import neighbour_sum
from mslens.segment.outliers import clip_outliers

_CLASSES = ("CSF", "GM", "WM", "lesion")
_GM, _WM, _LESION = 1, 2, 3
_RIDGE = 1e-5
_MAX_SQUARED_DISTANCE = 60.0

Floats = npt.NDArray[np.float32]


class LesionSettings(Settings):
    """Parameters of the lesion models and of their masks.

    Parameters
    ----------
    model : {"trained", "fallback"}
        The trained model, or the unsupervised mixture alone. Everything but the smallest volume
        belongs to the mixture, whose opinion is also a feature of the trained model.
    spread_factor : float
        Spread (covariance) of lesions over that of WM before any lesion is seen (Cerri 2021).
    spread_voxels : float
        Weight of that assumption in voxels (Cerri 2021).
    lesion_share : float
        Prior share of lesions where the template is all WM.
    prior_blur_mm : float
        Standard deviation by which the template's maps are blurred, because the registration is
        coarse.
    prior_floor : float
        Added to every prior, so that the template forbids no class.
    iterations : int
        EM iterations.
    fit_voxels : int
        The model is fitted on a regular sample of about this many voxels.
    mrf_strength : float
        Weight of one neighbour.
    field_iterations : int
        Mean-field iterations.
    grow_score : float
        A lesion grows down to this score.
    seed_score : float
        A lesion reaches this score somewhere.
    min_brightness : float
        The brightest tenth of a lesion lies this many spreads of GM above GM on FLAIR.
    min_volume_mm3 : float
        Smaller lesions are dropped: a ball of 3 mm, the smallest that counts (Filippi 2019).
    """

    model: Literal["trained", "fallback"] = "trained"
    spread_factor: float = Field(default=50.0, gt=1)
    spread_voxels: float = Field(default=500.0, gt=0)
    lesion_share: float = Field(default=0.1, gt=0, lt=1)
    prior_blur_mm: float = Field(default=1.5, ge=0)
    prior_floor: float = Field(default=0.02, gt=0, lt=1)
    iterations: int = Field(default=30, ge=1)
    fit_voxels: int = Field(default=80_000, ge=1000)
    mrf_strength: float = Field(default=0.25, ge=0)
    field_iterations: int = Field(default=5, ge=0)
    grow_score: float = Field(default=0.5, ge=0, le=1)
    seed_score: float = Field(default=0.9, ge=0, le=1)
    min_brightness: float = Field(default=2.0)
    min_volume_mm3: float = Field(default=14.0, ge=0)


@dataclass(frozen=True)
class LesionScore:
    """Posterior of the lesion class and the classes that were found.

    Parameters
    ----------
    score : ndarray, shape (x, y, z), float32
        0 to 1; 0 outside the mask.
    brightness : ndarray, shape (x, y, z), float32
        FLAIR above the mean of GM, in spreads of GM; 0 outside the mask.
    mean : ndarray, shape (4, c)
        CSF, GM, WM and lesion mean of each contrast, FLAIR first, in units of the images.
    sd : ndarray, shape (4, c)
        Spread of each class in each contrast.
    posterior : ndarray, shape (4, n), float32
        CSF, GM, WM and lesion in the voxels of the mask.
    """

    score: Floats
    brightness: Floats
    mean: Array
    sd: Array
    posterior: Floats

    def describe_means(self) -> dict[str, list[float]]:
        """Return the mean of every class in every contrast, rounded, for facts."""
        return {
            name.lower(): [float(f"{value:.5g}") for value in mean]
            for name, mean in zip(_CLASSES, self.mean, strict=True)
        }


def score_lesions(
    flair: Array,
    mask: Array,
    priors: Array,
    others: Sequence[Array] = (),
    *,
    voxel_size_mm: Spacing,
    settings: LesionSettings,
) -> LesionScore:
    """Score every voxel of a brain by how surely it belongs to a white-matter lesion.

    Parameters
    ----------
    flair : ndarray, shape (x, y, z)
        FLAIR, bias-corrected.
    mask : ndarray, shape (x, y, z)
        Brain.
    priors : ndarray, shape (3, x, y, z)
        Template probability of CSF, GM and WM on the FLAIR's grid.
    others : sequence of ndarray, shape (x, y, z)
        Further contrasts on the same grid, such as T1w and T2w.
    voxel_size_mm : tuple of 3 float
    settings : LesionSettings

    Returns
    -------
    LesionScore

    Raises
    ------
    ImageError
        If the mask holds fewer than 1000 voxels or an image is not finite inside it.
    QualityError
        If a normal tissue vanishes from the mixture.
    """
    inside = np.asarray(mask) != 0
    if int(inside.sum()) < 1000:
        raise ImageError(
            f"the brain mask holds {int(inside.sum())} voxels", expected="at least 1000"
        )
    box = crop_box(inside)
    inner = inside[box]
    contrasts = np.stack([np.asarray(image[box])[inner] for image in (flair, *others)])
    contrasts = contrasts.astype(np.float32)
    if not np.isfinite(contrasts).all():
        raise ImageError("an image holds NaN or Inf inside the brain mask", expected="numbers")
    scale = np.median(np.abs(contrasts), axis=1)
    if not (scale > 0).all():
        raise ImageError("an image is zero in most of the brain mask", expected="a contrast")
    contrasts = np.stack([clip_outliers(contrast) for contrast in contrasts / scale[:, None]])
    prior = _class_priors(np.asarray(priors)[(slice(None), *box)], inner, voxel_size_mm, settings)
    step = max(1, contrasts.shape[1] // settings.fit_voxels)
    sample = contrasts[:, ::step].astype(np.float64)
    model = _fit(sample, prior[:, ::step], settings.spread_voxels / step, settings)
    evidence = np.log(prior) + _log_density(contrasts, model)
    posterior = _relax(evidence, inner, voxel_size_mm, settings)
    score = np.zeros(inside.shape, dtype=np.float32)
    score[box][inner] = posterior[_LESION]
    brightness = np.zeros(inside.shape, dtype=np.float32)
    gm_sd = np.sqrt(model.covariance[_GM, 0, 0])
    brightness[box][inner] = (contrasts[0] - model.mean[_GM, 0]) / gm_sd
    sd = np.sqrt(np.diagonal(model.covariance, axis1=1, axis2=2)) * scale
    return LesionScore(score, brightness, model.mean * scale, sd, posterior)


def threshold_lesions(
    score: Array, brightness: Array, *, voxel_size_mm: Spacing, settings: LesionSettings
) -> MaskArray:
    """Turn lesion scores into a mask: hysteresis, smallest volume, smallest brightness.

    Parameters
    ----------
    score : ndarray, shape (x, y, z)
        0 to 1.
    brightness : ndarray, shape (x, y, z)
        FLAIR above the mean of GM, in spreads of GM.
    voxel_size_mm : tuple of 3 float
    settings : LesionSettings

    Returns
    -------
    ndarray, shape (x, y, z), bool
    """
    values = np.nan_to_num(np.asarray(score))
    grown = keep_overlapping(values > settings.grow_score, values > settings.seed_score)
    labels = label_components(grown)
    volume_mm3 = count_voxels(labels) * float(np.prod(voxel_size_mm))
    kept = volume_mm3 >= settings.min_volume_mm3
    kept &= _brightest_tenth(labels, np.asarray(brightness)) >= settings.min_brightness
    return np.asarray(np.append(False, kept)[labels])


def _brightest_tenth(labels: LabelArray, brightness: Array) -> Array:
    """Brightness that a tenth of each component's voxels reach, in the order of the labels."""
    owner, values = labels[labels > 0], brightness[labels > 0]
    order = np.lexsort((values, owner))
    ends = np.cumsum(np.bincount(owner, minlength=1)[1:])
    starts = np.append(0, ends[:-1])[: len(ends)]
    places = starts + np.floor(0.9 * (ends - starts - 1)).astype(int)
    return np.asarray(values[order][places])


@dataclass(frozen=True)
class _Model:
    mean: Array
    covariance: Array

    @property
    def flair_floor(self) -> float:
        """Normal tissue's brightest mean on FLAIR: no lesion is darker."""
        return float(self.mean[:_LESION, 0].max())


def _class_priors(
    priors: Array, inner: MaskArray, voxel_size_mm: Spacing, settings: LesionSettings
) -> Floats:
    """Priors of the four classes in the mask, shape (4, n)."""
    sigma = settings.prior_blur_mm / np.asarray(voxel_size_mm)
    clean = np.clip(np.nan_to_num(priors), 0, 1).astype(np.float32)
    blurred = np.stack([ndimage.gaussian_filter(p, sigma)[inner] for p in clean])
    blurred += np.float32(settings.prior_floor)
    blurred /= blurred.sum(axis=0)
    lesion = settings.lesion_share * blurred[_WM]
    return np.stack([blurred[0], blurred[1], blurred[_WM] - lesion, lesion]).astype(np.float32)


def _fit(y: Array, prior: Array, nu: float, settings: LesionSettings) -> _Model:
    """EM over a sample y, shape (c, n), from the moments under the squared priors."""
    weight = np.concatenate([prior[:_LESION] ** 2, np.zeros((1, y.shape[1]))]).astype(np.float64)
    model = _update(y, weight, nu, settings.spread_factor)
    for _ in range(settings.iterations):
        posterior = prior * np.exp(_log_density(y, model))
        weight = posterior / posterior.sum(axis=0)
        model = _update(y, weight, nu, settings.spread_factor)
    return model


def _update(y: Array, weight: Array, nu: float, spread_factor: float) -> _Model:
    total = weight.sum(axis=1)
    if (total[:_LESION] < 1e-3 * y.shape[1]).any():
        raise QualityError(
            f"no {_CLASSES[int(np.argmin(total[:_LESION]))]} was found in the brain mask",
            expected="CSF, GM and WM",
            cure="Look at the brain mask and the registration to the template",
        )
    mean = np.empty((4, y.shape[0]))
    covariance = np.empty((4, y.shape[0], y.shape[0]))
    for k in range(_LESION):
        mean[k] = y @ weight[k] / total[k]
        covariance[k] = _scatter(y, weight[k], mean[k]) / total[k]
    count = total[_LESION] + nu
    mean[_LESION] = (y @ weight[_LESION] + nu * mean[_WM]) / count
    shift = mean[_LESION] - mean[_WM]
    tied = nu * (np.outer(shift, shift) + spread_factor * covariance[_WM])
    covariance[_LESION] = (_scatter(y, weight[_LESION], mean[_LESION]) + tied) / count
    return _Model(mean, covariance + _RIDGE * np.eye(y.shape[0]))


def _scatter(y: Array, weight: Array, mean: Array) -> Array:
    deviation = y - mean[:, None]
    return np.asarray((deviation * weight) @ deviation.T)


def _log_density(y: Array, model: _Model) -> Array:
    """Log density of each class, shape (4, n), in the precision of y."""
    density = np.empty((4, y.shape[1]), dtype=y.dtype)
    for k in range(4):
        whiten = np.linalg.inv(np.linalg.cholesky(model.covariance[k])).astype(y.dtype)
        white = whiten @ (y - model.mean[k].astype(y.dtype)[:, None])
        squared = np.minimum(np.einsum("cn,cn->n", white, white), _MAX_SQUARED_DISTANCE)
        density[k] = np.log(np.diagonal(whiten)).sum() - 0.5 * squared
    density[_LESION, y[0] <= model.flair_floor] = -_MAX_SQUARED_DISTANCE
    return density


def _relax(
    evidence: Floats, inner: MaskArray, voxel_size_mm: Spacing, settings: LesionSettings
) -> Floats:
    """Mean-field iterations; returns the posterior of the four classes in the mask."""
    posterior = _normalised(evidence)
    field = np.zeros(inner.shape, dtype=np.float32)
    for _ in range(settings.field_iterations):
        support = np.empty_like(posterior)
        for k in range(4):
            field[inner] = posterior[k]
            support[k] = neighbour_sum(field, voxel_size_mm=voxel_size_mm)[inner]
        posterior = _normalised(evidence + np.float32(settings.mrf_strength) * support)
    return posterior


def _normalised(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max(axis=0))
    weight /= weight.sum(axis=0)
    return weight
