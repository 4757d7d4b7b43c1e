"""Register a brain to the template: affine, then a smooth and a detailed deformation, both ways.

Labels come by both deformations, the volume change by the smooth one alone. The lesions' voxels
carry no weight, so that they neither pull nor are pulled.
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
from mslens.image.chain import transform_points
from mslens.image.crop import crop_box
from mslens.image.displacement import compose_displacement, invert_displacement
from mslens.image.jacobian import jacobian_determinant
from mslens.image.unfold import bound_jacobian, fade_out
from mslens.io.templates import Template
from mslens.preprocess.deformable import DeformableFit, DeformableSettings, register_deformable
from mslens.preprocess.field_of_view import crop_around, enclose_mask, widen_mask
from mslens.preprocess.linear import LinearSettings, register_linear

#: Rim of the field within which it falls to nothing.
_FADE_MM = 8.0


class NormaliseSettings(Settings):
    """Settings of `register_to_template`.

    Parameters
    ----------
    linear : LinearSettings
        Of the affine part, which starts from a rough fit.
    smooth : DeformableSettings
        Of the smooth deformation, of which the volume change is taken: its field is held together
        more strongly, because a field that follows every fold says little of volumes.
    deformable : DeformableSettings
        Of the detail that labels need, on top of the smooth deformation.
    margin_mm : float
        Rim around the brain that is compared and over which the fields reach.
    smallest_jacobian : float
        The deformation is smoothed wherever it shrinks or grows volumes by more than this factor
        or its inverse.
    jacobian_fwhm_mm : float
        Smoothing of the volume change in the log-Jacobian map; 8 mm is usual for such maps.
    seed : int
    """

    linear: LinearSettings = LinearSettings(
        parameters="affine",
        levels_mm=(4.0, 3.0),
        smoothness_mm=(4.0, 3.0),
        kept_starts=(1, 1),
    )
    smooth: DeformableSettings = DeformableSettings(
        levels_mm=(8.0, 4.0, 2.0),
        iterations=(40, 40, 40),
        radius=3,
        step_sigma=2.0,
        field_sigma=0.8,
        step=0.5,
        min_gain=0.0,
    )
    deformable: DeformableSettings = DeformableSettings(
        levels_mm=(2.0, 1.5),
        iterations=(40, 25),
        radius=3,
        step_sigma=1.5,
        field_sigma=0.33,
        step=0.5,
        min_gain=0.0,
    )
    margin_mm: float = Field(default=10.0, gt=0)
    smallest_jacobian: float = Field(default=0.1, gt=0, lt=1)
    jacobian_fwhm_mm: float = Field(default=8.0, ge=0)
    seed: int = Field(default=1, ge=0, lt=2**32)


@dataclass(frozen=True, eq=False)
class TemplateRegistration:
    """Both fields, and what is known of their quality.

    Parameters
    ----------
    to_template : DisplacementTransform
        Points of the image to points of the template: it resamples the template.
    from_template : DisplacementTransform
        Points of the template to points of the image: it resamples the image.
    volume_change : DisplacementTransform
        Points of the template to points of the image by the smooth deformation alone: what
        volumes became.
    round_trip_mm : tuple of 2 float
        Mean and largest distance by which both fields in turn miss a voxel of the template's
        brain.
    nmi : float
        Of the affine part.
    correlation : float
        Mean squared local correlation at the end.
    smallest_jacobian : float
        Over both fields, above 0.
    largest_smoothing_mm : float
        Largest change by the smoothing of steep spots.
    """

    to_template: DisplacementTransform
    from_template: DisplacementTransform
    volume_change: DisplacementTransform
    round_trip_mm: tuple[float, float]
    nmi: float
    correlation: float
    smallest_jacobian: float
    largest_smoothing_mm: float


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
        If the deformation folds even after steep spots were smoothed.
    """
    reach_mm = settings.margin_mm + _FADE_MM
    masked, mask, counted = _cut_out(image, mask, lesions, settings.margin_mm, reach_mm)
    affine = register_linear(
        masked, template.t1w, counted, starts=[first], settings=settings.linear, rng=rng
    )
    smooth, detail = _deform(
        masked, mask, counted, template, affine=affine.transform, settings=settings
    )
    low = settings.smallest_jacobian
    both = compose_displacement((detail.transform, smooth.transform), detail.transform.grid)
    bounded = bound_jacobian(fade_out(both, width_mm=_FADE_MM), low=low, high=1.0 / low)
    to_template = compose_displacement(
        (bounded.transform, affine.transform), bounded.transform.grid
    )
    from_template = _inverted(to_template, template, low)
    plain = compose_displacement(
        (fade_out(smooth.transform, width_mm=_FADE_MM), affine.transform), smooth.transform.grid
    )
    volume_change = _inverted(plain, template, low)
    smallest = min(
        float(jacobian_determinant(field).min()) for field in (to_template, from_template)
    )
    if smallest <= 0:
        raise QualityError(
            f"the registration to the template folds (smallest Jacobian {smallest:.2f})",
            expected="a Jacobian above 0 everywhere",
            cure="Look at the brain mask, or bring one of your own (--brain-mask)",
        )
    return TemplateRegistration(
        to_template=to_template,
        from_template=from_template,
        volume_change=volume_change,
        round_trip_mm=_measure_round_trip(to_template, from_template, template.brain),
        nmi=affine.nmi,
        correlation=detail.metric[-1][1],
        smallest_jacobian=smallest,
        largest_smoothing_mm=max(
            *smooth.smoothing_mm, *detail.smoothing_mm, bounded.largest_change_mm
        ),
    )


def _deform(
    masked: Volume,
    mask: MaskArray,
    counted: MaskArray,
    template: Template,
    *,
    affine: AffineTransform,
    settings: NormaliseSettings,
) -> tuple[DeformableFit, DeformableFit]:
    """Find the smooth deformation, and the detail that follows it."""
    weight = masked.like(counted.astype(np.float32), "scalar")
    box = enclose_mask(
        masked.grid,
        mask,
        margin_mm=settings.margin_mm + _FADE_MM,
        voxel_size_mm=settings.deformable.levels_mm[-1],
    )
    smooth = register_deformable(
        masked, template.t1w, initial=(affine,), weight=weight, box=box, settings=settings.smooth
    )
    detail = register_deformable(
        masked,
        template.t1w,
        initial=(smooth.transform, affine),
        weight=weight,
        box=box,
        settings=settings.deformable,
    )
    return smooth, detail


def _inverted(
    field: DisplacementTransform, template: Template, low: float
) -> DisplacementTransform:
    """Invert a field on the template's grid, thinned out to the field's voxel size.

    A grid can be too coarse for an inverse that the forward field allows.
    """
    target = template.brain.grid.resampled(field.grid.voxel_size_mm)
    inverse = invert_displacement(field, target).transform
    return bound_jacobian(inverse, low=low / 2, high=2.0 / low).transform


def _cut_out(
    image: Volume, mask: MaskArray, lesions: MaskArray | None, margin_mm: float, reach_mm: float
) -> tuple[Volume, MaskArray, MaskArray]:
    """Cut the brain out: image that is dark outside, brain mask, and what is compared."""
    sizes = image.grid.voxel_size_mm
    counted = widen_mask(mask, voxel_size_mm=sizes, by_mm=margin_mm)
    if lesions is not None:
        counted &= ~lesions
    masked = image.like(np.where(mask, image.data, 0.0).astype(np.float32), "scalar")
    box = crop_box(mask, voxel_size_mm=sizes, margin_mm=reach_mm)
    return crop_around(masked, mask, margin_mm=reach_mm), mask[box], counted[box]


def _measure_round_trip(
    to_template: DisplacementTransform, from_template: DisplacementTransform, brain: Volume
) -> tuple[float, float]:
    points = brain.grid.to_world(np.argwhere(brain.data))
    away = transform_points(points, (from_template, to_template)) - points
    distance = np.linalg.norm(away, axis=1)
    return float(distance.mean()), float(distance.max())
