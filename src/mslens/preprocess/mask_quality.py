"""Quality gate of a brain mask: size, place in the field of view, symmetry, fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from mslens.core.arrays import MaskArray
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.io.templates import Template
from mslens.preprocess.cut_face import find_cut_face
from mslens.preprocess.flags import Flag, report_error, warn
from mslens.preprocess.template_fit import TemplateFit


class MaskQualitySettings(Settings):
    """Bounds of `judge_brain_mask`; adults, generous on both sides."""

    volume_range_ml: tuple[float, float] = (850.0, 2100.0)
    #: Beyond these no adult brain is plausible.
    volume_limits_ml: tuple[float, float] = (400.0, 2600.0)
    #: Share of the mask's voxels on a face of the image: the brain is cut off.
    max_on_border: float = Field(default=0.01, ge=0)
    #: Depth of brain beyond a flat end of the mask.
    max_missing_mm: float = Field(default=3.0, ge=0)
    #: NMI of the image and the warped template inside the rim.
    min_nmi: float = Field(default=1.06, ge=1, le=2)
    #: Dice of the mask and the template's warped brain.
    min_agreement: float = Field(default=0.93, ge=0, le=1)
    failed_agreement: float = Field(default=0.80, ge=0, le=1)
    #: Dice of the mask and its own mirror image in template space.
    min_symmetry: float = Field(default=0.90, ge=0, le=1)


@dataclass(frozen=True)
class MaskQuality:
    """Quality figures by name, flags, and whether the gate is passed (no error flag)."""

    figures: dict[str, float]
    flags: tuple[Flag, ...]

    @property
    def is_passed(self) -> bool:
        """No flag is an error."""
        return all(flag["level"] != "error" for flag in self.flags)


def judge_brain_mask(
    mask: Volume,
    fit: TemplateFit,
    template: Template,
    *,
    settings: MaskQualitySettings,
) -> MaskQuality:
    """Judge a brain mask.

    Parameters
    ----------
    mask : Volume, mask
    fit : TemplateFit
        Of the template to the brain inside the mask.
    template : Template
    settings : MaskQualitySettings

    Returns
    -------
    MaskQuality
    """
    inside = np.asarray(mask.data)
    count = max(int(np.count_nonzero(inside)), 1)
    border = sum(
        int(np.count_nonzero(np.take(inside, end, axis=axis)))
        for axis in range(3)
        for end in (0, -1)
    )
    cut = find_cut_face(inside, voxel_size_mm=mask.grid.voxel_size_mm)
    warped = np.asarray(resample(template.brain, mask.grid, fit.chain).data)
    figures = {
        "volume_ml": round(count * mask.grid.voxel_volume_ml, 1),
        "on_border_share": round(border / count, 4),
        "cut_area_cm2": round(cut.area_cm2, 1),
        "cut_missing_mm": round(cut.missing_mm, 1),
        "nmi": round(fit.nmi, 4),
        "agreement": round(measure_overlap(inside, warped), 4),
        "symmetry": round(_measure_symmetry(mask, fit.affine, template), 4),
    }
    return MaskQuality(figures, tuple(_raise_flags(figures, settings)))


def measure_overlap(one: MaskArray, other: MaskArray) -> float:
    """Measure Dice's overlap of two masks on one grid; 1 where both are empty."""
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return float(2 * np.count_nonzero(one & other) / total) if total else 1.0


def _measure_symmetry(mask: Volume, to_template: AffineTransform, template: Template) -> float:
    """Overlap of the mask with itself mirrored at the template's mid-plane."""
    grid = template.brain.grid
    middle = float(grid.to_world((np.asarray(grid.shape) - 1) / 2)[0])
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])
    flip[0, 3] = 2 * middle
    chain = (to_template, AffineTransform(flip), to_template.inverse())
    mirrored = resample(mask, mask.grid, chain)
    return measure_overlap(np.asarray(mask.data), np.asarray(mirrored.data))


def _raise_flags(figures: dict[str, float], settings: MaskQualitySettings) -> list[Flag]:
    raised = []
    volume = figures["volume_ml"]
    least, most = settings.volume_limits_ml
    low, high = settings.volume_range_ml
    if not least <= volume <= most:
        raised.append(report_error(f"The brain mask has {volume:.0f} ml: it is not a brain."))
    elif not low <= volume <= high:
        raised.append(warn(f"The brain mask has {volume:.0f} ml, outside {low:.0f}-{high:.0f} ml."))
    if figures["on_border_share"] > settings.max_on_border:
        raised.append(
            warn(
                f"The brain is cut off by the field of view ({figures['on_border_share']:.1%} of"
                " the mask lies on the image's border): volumes are too small."
            )
        )
    elif figures["cut_missing_mm"] > settings.max_missing_mm:
        raised.append(
            warn(
                f"The brain seems to be cut off: the mask ends in a flat face of"
                f" {figures['cut_area_cm2']:.0f} cm2, about {figures['cut_missing_mm']:.0f} mm are"
                " missing beyond it."
            )
        )
    if figures["nmi"] < settings.min_nmi:
        raised.append(
            warn(f"The template fits the brain badly (NMI {figures['nmi']:.3f}): look at the mask.")
        )
    agreement = figures["agreement"]
    if agreement < settings.failed_agreement:
        raised.append(
            report_error(f"Mask and fitted template agree by {agreement:.2f} only (Dice).")
        )
    elif agreement < settings.min_agreement:
        raised.append(warn(f"Mask and fitted template agree by {agreement:.2f} only (Dice)."))
    if figures["symmetry"] < settings.min_symmetry:
        raised.append(
            warn(f"The mask's halves overlap by {figures['symmetry']:.2f} only: look at the mask.")
        )
    return raised
