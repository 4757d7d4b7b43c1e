"""Tissue by a Gaussian mixture with template priors, bias, neighbours and partial volumes.

p(k | y_i) is proportional to pi_ik N(y_i; b_i mu_k, b_i sigma_k) exp(beta sum_j w_ij q_jk): EM
for mu and sigma (Ashburner & Friston, NeuroImage 2005), a polynomial b for what is left of the
bias (Van Leemput et al., IEEE TMI 1999) and a mean-field Markov random field whose six
neighbours weigh by the inverse of their distance (Zhang et al., IEEE TMI 2001). A class takes a
mixed voxel whole; `estimate_shares` divides it, with the moments of pure tissue from `fit_pure`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pydantic import Field

from mslens.core.arrays import Array, Spacing
from mslens.core.errors import ImageError, QualityError
from mslens.core.settings import Settings
from mslens.image.crop import crop_box
from mslens.segment.bias_polynomial import fit_bias, polynomial_basis
from mslens.segment.neighbours import neighbour_sum
from mslens.segment.outliers import clip_outliers
from mslens.segment.partial_volume import estimate_shares, fit_pure

#: Classes in the order of the arrays.
TISSUES = ("csf", "gm", "wm")
#: Labels of a tissue map (``desc-tissue_dseg``).
TISSUE_LABELS = {"csf": 1, "gm": 2, "wm": 3}

#: Class of each Gaussian: fluid has two, pure and mixed with tissue.
_CLASS_OF = np.array([0, 0, 1, 2])
_START_SHIFT = np.array([-0.6, 0.6, 0.0, 0.0])
_MIN_SD = 1e-3
_MAX_SQUARED_DEVIATION = 50.0
#: A component of fluid with less than this share is no pure fluid.
_LEAST_PURE_SHARE = 0.05
#: Its pure component is known from the mixture, and bright rims would spoil a refit.
_FLUID = (0,)
#: How often voxels are divided; the neighbours' shares of one time are the next one's presence.
_DIVISIONS = 2
#: Of each tissue, as a part of one neighbour, so that a lone voxel keeps the template's priors.
_LEAST_AROUND = 1e-3

Floats = npt.NDArray[np.float32]


class TissueSettings(Settings):
    """How the tissue model is fitted.

    Parameters
    ----------
    iterations : int
        EM iterations.
    field_iterations : int
        Mean-field iterations.
    mrf_strength : float
        Weight of one neighbour.
    bias_degree : int
        Degree of the bias polynomial; 0 trusts the image.
    prior_floor : float
        Added to every prior, so that the template forbids no class.
    fit_voxels : int
        The model is fitted on a regular sample of about this many voxels.
    """

    iterations: int = Field(default=30, ge=4)
    field_iterations: int = Field(default=6, ge=0)
    mrf_strength: float = Field(default=0.25, ge=0)
    bias_degree: int = Field(default=2, ge=0, le=4)
    prior_floor: float = Field(default=0.02, gt=0, lt=1)
    fit_voxels: int = Field(default=80_000, ge=1000)


@dataclass(frozen=True)
class TissueMaps:
    """Probability and share of each tissue and what the model found.

    Parameters
    ----------
    probability : ndarray, shape (3, x, y, z), float32
        That the voxel belongs to CSF, GM, WM; they add up to 1 inside the mask and are 0 outside.
    share : ndarray, shape (3, x, y, z), float32
        Part of the voxel that is CSF, GM, WM; the same sums.
    mean, sd : ndarray, shape (3,)
        Of each tissue, in units of the image, bias removed.
    bias_range : tuple of 2 float
        Smallest and largest value of the bias polynomial in the mask; 1 is none.
    """

    probability: Floats
    share: Floats
    mean: Array
    sd: Array
    bias_range: tuple[float, float]


@dataclass(frozen=True)
class _Model:
    """Mean, spread and share within its class of every component; coefficients of the bias."""

    mean: Array
    sd: Array
    share: Array
    bias: Array


def segment_tissue(
    image: Array,
    mask: Array,
    priors: Array,
    lesions: Array | None = None,
    *,
    voxel_size_mm: Spacing,
    settings: TissueSettings,
) -> TissueMaps:
    """Estimate the probability and the share of CSF, GM and WM in every voxel of a mask.

    Parameters
    ----------
    image : ndarray, shape (x, y, z)
        T1w (lesions filled) or another contrast in which the three tissues differ.
    mask : ndarray, shape (x, y, z)
        Brain.
    priors : ndarray, shape (3, x, y, z)
        Template probability of CSF, GM and WM on the image's grid.
    lesions : ndarray, shape (x, y, z), optional
        White-matter lesions: left out of the fit and given to WM.
    voxel_size_mm : tuple of 3 float
    settings : TissueSettings

    Returns
    -------
    TissueMaps

    Raises
    ------
    ImageError
        If the mask holds fewer than 1000 voxels, or the image is not finite inside it.
    QualityError
        If a tissue vanishes from the mixture.
    """
    inside = np.asarray(mask) != 0
    if int(inside.sum()) < 1000:
        raise ImageError(
            f"the brain mask holds {int(inside.sum())} voxels",
            expected="at least 1000",
            cure="Look at the brain mask, or bring one",
        )
    box = crop_box(inside)
    inner = inside[box]
    values = np.array(image[box], dtype=np.float32)
    if not np.isfinite(values[inner]).all():
        raise ImageError("the image holds NaN or Inf inside the brain mask", expected="numbers")
    lesion = np.zeros_like(inner) if lesions is None else (np.asarray(lesions[box]) != 0) & inner
    values[inner] = clip_outliers(values[inner])
    scale = float(np.median(values[inner]))
    if not scale > 0:
        raise ImageError("the image is zero or negative in most of the brain mask")
    prior = _usable_priors(np.asarray(priors)[(slice(None), *box)], settings.prior_floor)
    model = _fit(values / scale, inner & ~lesion, prior, settings)
    bias = polynomial_basis(inner, degree=settings.bias_degree) @ model.bias
    log_density = _log_density(values / scale, inner, model, bias)
    probability = _relax(log_density, prior, inner, lesion, voxel_size_mm, settings)
    flat = (values[inner] / (scale * np.clip(bias, 0.5, 2.0)))[~lesion[inner]]
    share = _divide(flat, probability, prior, inner & ~lesion, model, voxel_size_mm, settings)
    whole = np.zeros((2, 3, *inside.shape), dtype=np.float32)
    whole[(slice(None), slice(None), *box)] = probability, share
    mean, sd = _class_moments(model)
    bias_range = (float(bias.min()), float(bias.max()))
    return TissueMaps(whole[0], whole[1], scale * mean, scale * sd, bias_range)


def _class_moments(model: _Model) -> tuple[Array, Array]:
    mean = np.bincount(_CLASS_OF, weights=model.share * model.mean)
    square = np.bincount(_CLASS_OF, weights=model.share * (model.mean**2 + model.sd**2))
    return mean, np.sqrt(square - mean**2)


def _usable_priors(priors: Array, floor: float) -> Floats:
    prior = np.clip(np.nan_to_num(priors), 0, 1).astype(np.float32) + np.float32(floor)
    prior /= prior.sum(axis=0)
    return prior


def _fit(values: Floats, where: Array, prior: Floats, settings: TissueSettings) -> _Model:
    """Fit means, spreads, shares and bias on a regular subsample of `where`."""
    step = max(1, int(where.sum()) // settings.fit_voxels)
    picked = np.flatnonzero(where)[::step]
    y = values.ravel()[picked].astype(np.float64)
    pi = prior.reshape(3, -1)[:, picked].astype(np.float64)[_CLASS_OF]
    chosen = np.zeros(where.shape, dtype=bool)
    chosen.ravel()[picked] = True
    basis = polynomial_basis(where, degree=settings.bias_degree, at=chosen).astype(np.float64)
    model = _Model(*_start(y, pi), bias=np.eye(1, basis.shape[1])[0])
    bias = np.ones(len(y))
    for iteration in range(settings.iterations):
        weight = pi * np.exp(_component_log_density(y / bias, model))
        weight /= weight.sum(axis=0)
        coefficients = model.bias
        if settings.bias_degree and iteration >= 3 and iteration % 3 == 0:
            coefficients = _refit_bias(y, weight, model, basis)
            bias = np.clip(basis @ coefficients, 0.5, 2.0)
        model = _update(y / bias, weight, coefficients)
    return model


def _start(y: Array, pi: Array) -> tuple[Array, Array, Array]:
    """Moments under the squared prior; the components of one class start apart."""
    weight = pi**2
    mean = (weight @ y) / weight.sum(axis=1)
    sd = np.sqrt(np.einsum("kn,kn->k", weight, (y - mean[:, None]) ** 2) / weight.sum(axis=1))
    return mean + _START_SHIFT * sd, sd * (1 - 0.5 * np.abs(_START_SHIFT)), np.ones(len(mean))


def _update(flat: Array, weight: Array, coefficients: Array) -> _Model:
    total = weight.sum(axis=1)
    per_class = np.bincount(_CLASS_OF, weights=total)
    if (per_class < 1e-3 * len(flat)).any():
        raise QualityError(
            f"no {TISSUES[int(np.argmin(per_class))]} was found in the brain mask",
            expected="CSF, GM and WM in one image",
            cure="Look at the brain mask and the registration to the template",
        )
    total = np.maximum(total, 1e-9)
    mean = (weight @ flat) / total
    spread = np.einsum("kn,kn->k", weight, (flat - mean[:, None]) ** 2) / total
    return _Model(mean, np.sqrt(spread + _MIN_SD**2), total / per_class[_CLASS_OF], coefficients)


def _refit_bias(y: Array, weight: Array, model: _Model, basis: Array) -> Array:
    """Fit the bias to the voxels that are surely GM or WM: fluid is too dark to show it."""
    sure = weight * (weight > 0.9) * (_CLASS_OF > 0)[:, None]
    return fit_bias(y, sure, mean=model.mean, sd=model.sd, basis=basis)


def _component_log_density(flat: Array, model: _Model) -> Array:
    deviation = (flat - model.mean[:, None]) / model.sd[:, None]
    constant = np.log(model.share) - np.log(model.sd)
    return -0.5 * np.minimum(deviation**2, _MAX_SQUARED_DEVIATION) + constant[:, None]


def _log_density(values: Floats, inner: Array, model: _Model, bias: Array) -> Floats:
    flat = values[inner] / np.clip(bias, 0.5, 2.0).astype(np.float32)
    components = np.exp(_component_log_density(flat, model).astype(np.float32))
    density = np.zeros((3, *inner.shape), dtype=np.float32)
    for k in range(3):
        density[k][inner] = np.log(components[k == _CLASS_OF].sum(axis=0))
    return density


def _relax(
    log_density: Floats,
    prior: Floats,
    inner: Array,
    lesion: Array,
    voxel_size_mm: Spacing,
    settings: TissueSettings,
) -> Floats:
    """Mean-field iterations: each voxel listens to its neighbours' probabilities."""
    evidence = log_density + np.log(prior)
    evidence[:, lesion] = np.array([-60, -60, 0], dtype=np.float32)[:, None]
    outside = ~inner
    probability = _normalised(evidence, outside)
    for _ in range(settings.field_iterations):
        field = np.stack([neighbour_sum(p, voxel_size_mm=voxel_size_mm) for p in probability])
        probability = _normalised(evidence + np.float32(settings.mrf_strength) * field, outside)
    return probability


def _divide(
    flat: Array,
    probability: Floats,
    prior: Floats,
    normal: Array,
    model: _Model,
    voxel_size_mm: Spacing,
    settings: TissueSettings,
) -> Floats:
    """Divide mixed voxels by what their neighbours hold and the template expects there."""
    step = max(1, flat.size // settings.fit_voxels)
    mean, sd = _pure_moments(model)
    share = probability.copy()
    for _ in range(_DIVISIONS):
        # The voxel's own intensity is in the likelihood already, so only neighbours are asked.
        around = np.stack([neighbour_sum(part, voxel_size_mm=voxel_size_mm) for part in share])
        presence = (prior * (around + _LEAST_AROUND))[:, normal]
        presence /= presence.sum(axis=0)
        mean, sd = fit_pure(flat[::step], presence[:, ::step], mean=mean, sd=sd, kept=_FLUID)
        share[:, normal] = estimate_shares(flat, presence, mean=mean, sd=sd)
    return share


def _pure_moments(model: _Model) -> tuple[Array, Array]:
    """Moments of pure fluid, GM and WM: pure fluid is the component furthest from GM."""
    mean, sd = _class_moments(model)
    fluid = np.flatnonzero(_CLASS_OF == 0)
    grey = float(mean[1])
    pure = fluid[np.argmax(np.abs(model.mean[fluid] - grey))]
    if model.share[pure] >= _LEAST_PURE_SHARE:
        mean[0], sd[0] = model.mean[pure], model.sd[pure]
    return mean, sd


def _normalised(log_weight: Floats, outside: Array) -> Floats:
    weight = np.exp(log_weight - log_weight.max(axis=0))
    weight /= weight.sum(axis=0)
    weight[:, outside] = 0
    return weight


def label_tissue(weight: Array) -> npt.NDArray[np.int32]:
    """Give each voxel the tissue of which it holds most, or the most probable one.

    Parameters
    ----------
    weight : ndarray, shape (3, x, y, z)
        Share or probability of CSF, GM, WM.

    Returns
    -------
    ndarray, shape (x, y, z), int32
        1 CSF, 2 GM, 3 WM, 0 where all are 0.
    """
    best = np.argmax(weight, axis=0).astype(np.int32) + 1
    return np.where(np.max(weight, axis=0) > 0, best, 0).astype(np.int32)
