"""Register a brain to the template: affine, then a deformation at full effort, both ways.

The lesions' voxels carry no weight, so that they neither pull nor are pulled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from mslens.core.arrays import MaskArray
from mslens.core.errors import QualityError
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform, DisplacementTransform
from mslens.core.volume import Volume
from mslens.image.displacement import Inverse, compose_displacement, invert_displacement
from mslens.image.jacobian import jacobian_determinant
from mslens.io.templates import Template
from mslens.preprocess.deformable import DeformableSettings, register_deformable
from mslens.preprocess.field_of_view import enclose_mask, widen_mask
from mslens.preprocess.linear import LinearSettings, register_linear

#: Factors on the field's smoothing, tried in turn until the deformation has no fold.
_STIFFER = (1.0, 1.6, 2.5, 4.0)


class NormaliseSettings(Settings):
    """Settings of `register_to_template`.

    Parameters
    ----------
    linear : LinearSettings
        Of the affine part, which starts from a rough fit.
    deformable : DeformableSettings
    margin_mm : float
        Rim around the brain that is compared and over which the fields reach.
    field_voxel_size_mm : float
        Voxel size of the saved fields.
    jacobian_fwhm_mm : float
        Smoothing of the log-Jacobian map.
    seed : int
    """

    linear: LinearSettings = LinearSettings(
        parameters="affine",
        levels_mm=(4.0, 3.0),
        smoothness_mm=(4.0, 3.0),
        kept_starts=(1, 1),
    )
    deformable: DeformableSettings = DeformableSettings()
    margin_mm: float = Field(default=10.0, gt=0)
    field_voxel_size_mm: float = Field(default=2.0, gt=0)
    jacobian_fwhm_mm: float = Field(default=4.0, ge=0)
    seed: int = Field(default=1, ge=0, lt=2**32)


@dataclass(frozen=True, eq=False)
class TemplateRegistration:
    """Both fields, and what is known of their quality.

    Parameters
    ----------
    to_template : DisplacementTransform
        Points of the image to points of the template: it resamples the template.
    from_template : Inverse
        Points of the template to points of the image: it resamples the image.
    nmi : float
        Of the affine part.
    correlation : float
        Mean squared local correlation at the end.
    smallest_jacobian : float
        Over both fields; a fold would make it 0 or less.
    stiffness : float
        Factor on the field's smoothing that was needed to avoid folds; 1 as a rule.
    """

    to_template: DisplacementTransform
    from_template: Inverse
    nmi: float
    correlation: float
    smallest_jacobian: float
    stiffness: float = 1.0


def register_to_template(
    image: Volume,
    mask: MaskArray,
    template: Template,
    lesions: MaskArray | None,
    *,
    first: AffineTransform,
    settings: NormaliseSettings,
    rng: np.random.Generator,
) -> TemplateRegistration:
    """Find the deformation between an image's brain and the template.

    Parameters
    ----------
    image : Volume, scalar
    mask : ndarray of bool, shape = image.grid.shape
    template : Template
    lesions : ndarray of bool, shape = image.grid.shape, or None
        Left out of the cost.
    first : AffineTransform
        Rough map of points of the image to points of the template.
    settings : NormaliseSettings
    rng : numpy.random.Generator

    Returns
    -------
    TemplateRegistration

    Raises
    ------
    QualityError
        If the deformation folds even when it is made stiffer.
    """
    masked = image.like(np.where(mask, image.data, 0.0).astype(np.float32), "scalar")
    rim = widen_mask(mask, voxel_size_mm=image.grid.voxel_size_mm, by_mm=settings.margin_mm)
    counted = rim if lesions is None else rim & ~lesions
    affine = register_linear(
        masked, template.t1w, counted, starts=[first], settings=settings.linear, rng=rng
    )
    box = enclose_mask(
        image.grid,
        mask,
        margin_mm=settings.margin_mm,
        voxel_size_mm=settings.field_voxel_size_mm,
    )
    target = template.brain.grid.resampled((settings.field_voxel_size_mm,) * 3)
    weight = image.like(counted.astype(np.float32), "scalar")
    smallest = -np.inf
    for stiffness in _STIFFER:
        deformed = register_deformable(
            masked,
            template.t1w,
            initial=(affine.transform,),
            weight=weight,
            box=box,
            settings=_stiffen(settings.deformable, stiffness),
        )
        to_template = compose_displacement((deformed.transform, affine.transform), box)
        smallest = float(jacobian_determinant(to_template).min())
        if smallest <= 0:
            continue
        from_template = invert_displacement(to_template, target)
        smallest = float(min(smallest, jacobian_determinant(from_template.transform).min()))
        if smallest > 0:
            return TemplateRegistration(
                to_template,
                from_template,
                affine.nmi,
                deformed.metric[-1][1],
                smallest,
                stiffness,
            )
    raise QualityError(
        f"the registration to the template folds (smallest Jacobian {smallest:.2f})",
        expected="a Jacobian above 0 everywhere",
        cure="Look at the brain mask, or bring one of your own (--brain-mask)",
    )


def _stiffen(settings: DeformableSettings, stiffness: float) -> DeformableSettings:
    return settings.model_copy(update={"field_sigma": settings.field_sigma * stiffness})
