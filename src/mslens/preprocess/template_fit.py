"""Fit the template to a brain that has been cut out: affine, then a smooth deformation.

The result takes points of the image to points of the template; the lesion step reads tissue
priors through it and the normalisation starts from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mslens.core.arrays import MaskArray
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform, DisplacementTransform, Transform
from mslens.core.volume import Volume
from mslens.image.displacement import compose_displacement
from mslens.io.templates import Template
from mslens.preprocess.brain_pose import BrainPoseSettings, align_brain
from mslens.preprocess.deformable import DeformableSettings, register_deformable
from mslens.preprocess.field_of_view import enclose_mask, widen_mask
from mslens.preprocess.linear import LinearSettings


class TemplateFitSettings(Settings):
    """Settings of `fit_template`."""

    pose: BrainPoseSettings = BrainPoseSettings()
    #: Used instead of `pose` where a good first guess is known.
    near: LinearSettings = LinearSettings(
        parameters="affine",
        levels_mm=(4.0, 3.0),
        smoothness_mm=(4.0, 3.0),
        kept_starts=(1, 1),
    )
    deformable: DeformableSettings = DeformableSettings(
        levels_mm=(8.0, 4.0), iterations=(40, 30), radius=2, field_sigma=0.7, step=0.25
    )
    #: Rim around the brain, dark in the masked image, that is compared too.
    margin_mm: float = 6.0
    #: Voxel size of the saved field.
    field_voxel_size_mm: float = 3.0


@dataclass(frozen=True)
class TemplateFit:
    """Affine and deformation (image points to template points, in this order) and their fit."""

    deformation: DisplacementTransform
    affine: AffineTransform
    nmi: float
    correlation: float

    @property
    def chain(self) -> tuple[Transform, ...]:
        """The whole pull-back: it resamples the template onto the image."""
        return (self.deformation, self.affine)


def fit_template(
    image: Volume,
    mask: MaskArray,
    template: Template,
    *,
    settings: TemplateFitSettings,
    rng: np.random.Generator,
    first: Sequence[AffineTransform] = (),
) -> TemplateFit:
    """Fit the template to the image inside its brain mask.

    Parameters
    ----------
    image : Volume, scalar
    mask : ndarray of bool, shape = image.grid.shape
    template : Template
    settings : TemplateFitSettings
    rng : numpy.random.Generator
    first : sequence of AffineTransform
        A good guess of image points to template points; many turns are tried without one.

    Returns
    -------
    TemplateFit
    """
    pose = settings.pose
    if first:
        pose = pose.model_copy(
            update={
                "linear": settings.near,
                "tilts_deg": (),
                "margin_mm": settings.margin_mm,
            }
        )
    found = align_brain(
        image, mask, template.t1w, template.brain, settings=pose, rng=rng, first=first
    )
    rim = widen_mask(mask, voxel_size_mm=image.grid.voxel_size_mm, by_mm=settings.margin_mm)
    deformed = register_deformable(
        image.like(np.where(mask, image.data, 0.0).astype(np.float32)),
        template.t1w,
        initial=(found.transform,),
        weight=image.like(rim.astype(np.float32)),
        box=enclose_mask(
            image.grid,
            mask,
            margin_mm=2 * settings.margin_mm,
            voxel_size_mm=settings.deformable.levels_mm[-1],
        ),
        settings=settings.deformable,
    )
    return TemplateFit(deformed.transform, found.transform, found.nmi, deformed.metric[-1][1])


def write_as_field(
    fit: TemplateFit, image: Volume, *, voxel_size_mm: float
) -> DisplacementTransform:
    """Write the fit as one field over the image's field of view."""
    i, j, k = (max(size, voxel_size_mm) for size in image.grid.voxel_size_mm)
    return compose_displacement(fit.chain, image.grid.resampled((i, j, k)))
