"""Brain mask of a session: brought by the user, already cut out, or found by a method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from mslens.core.errors import QualityError
from mslens.core.registry import choose_method
from mslens.core.rng import make_rng
from mslens.core.settings import Settings
from mslens.core.transform import DisplacementTransform
from mslens.core.volume import Volume
from mslens.image.resample import coarsen, resample
from mslens.io.templates import Template
from mslens.preprocess.brought_mask import (
    BroughtMaskSettings,
    judge_brought_mask,
    measure_brought_mask,
)
from mslens.preprocess.field_of_view import crop_around
from mslens.preprocess.flags import Flag, warn
from mslens.preprocess.hdbet import HdBetSettings, mask_by_hdbet
from mslens.preprocess.mask_quality import MaskQuality, MaskQualitySettings, judge_brain_mask
from mslens.preprocess.n4 import N4Settings, correct_bias_n4
from mslens.preprocess.skull_stripped import SkullStrippedSettings, examine_support
from mslens.preprocess.synthstrip import SynthStripSettings, mask_by_synthstrip
from mslens.preprocess.template_fit import (
    TemplateFit,
    TemplateFitSettings,
    fit_template,
    write_as_field,
)
from mslens.preprocess.template_mask import TemplateMaskSettings, mask_by_template

#: Voxel size of the template that masks are made with: nothing here looks finer.
TEMPLATE_MM = 2.0


class BrainMaskSettings(Settings):
    """Settings of the step ``brain-mask``.

    Parameters
    ----------
    attempts : int
        How often the template's fit is started anew, with other random samples, while the
        mask's volume or the fit's NMI is out of range.
    """

    method: Literal["template", "hd-bet", "synthstrip"] = "template"
    attempts: int = Field(default=3, ge=1)
    seed: int = Field(default=1, ge=0, lt=2**32)
    skull_stripped: SkullStrippedSettings = SkullStrippedSettings()
    template: TemplateMaskSettings = TemplateMaskSettings()
    hd_bet: HdBetSettings = HdBetSettings()
    synthstrip: SynthStripSettings = SynthStripSettings()
    #: Fit of the template to a mask that was not made by the template.
    fit: TemplateFitSettings = TemplateFitSettings()
    bias: N4Settings = N4Settings()
    quality: MaskQualitySettings = MaskQualitySettings()
    #: Check of a mask that the user brings.
    brought: BroughtMaskSettings = BroughtMaskSettings()


@dataclass(frozen=True, eq=False)
class BrainMask:
    """The mask, the coarse field (image points to template points), its origin and quality."""

    mask: Volume
    to_template: DisplacementTransform
    method: str
    quality: MaskQuality
    flags: tuple[Flag, ...]


@dataclass(frozen=True, eq=False)
class _Found:
    mask: Volume
    fit: TemplateFit


def _by_template(image: Volume, template: Template, settings: BrainMaskSettings) -> _Found:
    """Fit anew while the result is out of range; keep the fit of the highest NMI."""
    best: _Found | None = None
    for attempt in range(settings.attempts):
        names = ("brain-mask",) if attempt == 0 else ("brain-mask", str(attempt))
        rng = make_rng(settings.seed, *names)
        made = mask_by_template(image, template, settings=settings.template, rng=rng)
        found = _Found(made.mask, made.fit)
        if _is_plausible(found, settings.quality):
            return found
        if best is None or found.fit.nmi > best.fit.nmi:
            best = found
    if best is None:
        raise QualityError("no brain mask was tried", expected="at least one attempt")
    return best


def _is_plausible(found: _Found, settings: MaskQualitySettings) -> bool:
    low, high = settings.volume_range_ml
    volume = float(np.asarray(found.mask.data).sum()) * found.mask.grid.voxel_volume_ml
    return low <= volume <= high and found.fit.nmi >= settings.min_nmi


def _by_hdbet(image: Volume, template: Template, settings: BrainMaskSettings) -> _Found:
    return _fitted(image, mask_by_hdbet(image, settings=settings.hd_bet), template, settings)


def _by_synthstrip(image: Volume, template: Template, settings: BrainMaskSettings) -> _Found:
    mask = mask_by_synthstrip(image, settings=settings.synthstrip)
    return _fitted(image, mask, template, settings)


#: Method of the settings -> what finds the brain in a head.
METHODS: dict[str, Callable[[Volume, Template, BrainMaskSettings], _Found]] = {
    "template": _by_template,
    "hd-bet": _by_hdbet,
    "synthstrip": _by_synthstrip,
}


def find_brain(
    image: Volume,
    template: Template,
    *,
    settings: BrainMaskSettings,
    brought: Volume | None = None,
) -> BrainMask:
    """Find the brain of a session, and where it lies in template space.

    Parameters
    ----------
    image : Volume, scalar
        Raw T1w or FLAIR.
    template : Template
    settings : BrainMaskSettings
        The method is used only where nothing was brought and the skull is still there.
    brought : Volume, mask, optional
        The user's mask, on the image's grid.

    Returns
    -------
    BrainMask
        Its flags hold those of the quality gate.

    Raises
    ------
    GridMismatch
        If the user's mask lies on another grid.
    QualityError
        If no mask can be made at all.
    """
    if brought is not None:
        image.grid.require_close(
            brought.grid,
            ours="the image",
            theirs="the brain mask",
            cure="Give the mask on the grid of the image",
        )
        return _judge_brought(image, brought, template, settings)
    support = examine_support(image, settings=settings.skull_stripped)
    if support.is_brain:
        found = _fitted(image, support.mask, template, settings)
        return _judged(image, found, "skull-stripped", template, settings)
    method = choose_method(METHODS, settings.method, stage="brain mask")
    return _judged(image, method(image, template, settings), settings.method, template, settings)


def _judge_brought(
    image: Volume, brought: Volume, template: Template, settings: BrainMaskSettings
) -> BrainMask:
    """Take the user's mask as it is, and say so where the brain seems to be elsewhere."""
    found = _judged(image, _fitted(image, brought, template, settings), "user", template, settings)
    support = examine_support(image, settings=settings.skull_stripped)
    overlap = measure_brought_mask(
        image,
        brought,
        template,
        support=support.mask if support.is_brain else None,
        settings=settings.brought,
        rng=make_rng(settings.seed, "brain-mask", "brought"),
    )
    quality = replace(
        found.quality, figures=found.quality.figures | {"estimate_overlap": round(overlap, 4)}
    )
    flags = judge_brought_mask(overlap, settings=settings.brought)
    return replace(found, quality=quality, flags=(*found.flags, *flags))


def _fitted(image: Volume, mask: Volume, template: Template, settings: BrainMaskSettings) -> _Found:
    inside = np.asarray(mask.data)
    if not inside.any():
        raise QualityError("the brain mask is empty", expected="a brain in it")
    margin = 3 * settings.fit.margin_mm
    size = settings.template.surface.working_voxel_size_mm
    near = coarsen(crop_around(image, inside, margin_mm=margin), size)
    within = np.asarray(resample(mask, near.grid).data)
    corrected = correct_bias_n4(near, within, settings=settings.bias).image
    rng = make_rng(settings.seed, "brain-mask", "fit")
    return _Found(mask, fit_template(corrected, within, template, settings=settings.fit, rng=rng))


def _judged(
    image: Volume, found: _Found, method: str, template: Template, settings: BrainMaskSettings
) -> BrainMask:
    quality = judge_brain_mask(found.mask, found.fit, template, settings=settings.quality)
    flags = list(quality.flags)
    if method == "skull-stripped":
        flags.append(
            warn("The image had been skull-stripped before: its support is the brain mask.")
        )
    field = write_as_field(found.fit, image, voxel_size_mm=settings.fit.field_voxel_size_mm)
    return BrainMask(found.mask, field, method, quality, tuple(flags))
