"""Brain mask of a head by registration of a skull-stripped template and a surface refinement.

Pose of the template in the head, N4 within its brain, a smooth deformation inside a rim, the
brain's surface from intensities; then once more from the brain so found, which frees the
template from the scalp.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mslens.core.arrays import MaskArray
from mslens.core.errors import QualityError
from mslens.core.settings import Settings
from mslens.core.transform import AffineTransform
from mslens.core.volume import Volume
from mslens.image.resample import coarsen, resample
from mslens.io.templates import Template
from mslens.preprocess.brain_surface import BrainSurfaceSettings, refine_brain_surface
from mslens.preprocess.deformable import register_deformable
from mslens.preprocess.field_of_view import crop_around, enclose_mask, widen_mask
from mslens.preprocess.head_pose import HeadPoseSettings, find_head_pose
from mslens.preprocess.n4 import N4Settings, correct_bias_n4
from mslens.preprocess.template_fit import TemplateFit, TemplateFitSettings, fit_template


class TemplateMaskSettings(Settings):
    """Settings of `mask_by_template`."""

    pose: HeadPoseSettings = HeadPoseSettings()
    bias: N4Settings = N4Settings()
    fit: TemplateFitSettings = TemplateFitSettings()
    surface: BrainSurfaceSettings = BrainSurfaceSettings()
    #: Rim around the template's brain in the head within which the first deformation looks.
    rim_mm: float = 8.0


@dataclass(frozen=True, eq=False)
class TemplateMask:
    """The mask, the template's fit to the brain inside, and the first pose's NMI."""

    mask: Volume
    fit: TemplateFit
    pose_nmi: float


def mask_by_template(
    image: Volume,
    template: Template,
    *,
    settings: TemplateMaskSettings,
    rng: np.random.Generator,
) -> TemplateMask:
    """Find the brain in a raw scan of a head.

    Parameters
    ----------
    image : Volume, scalar
        Any contrast, any orientation and voxel size.
    template : Template
    settings : TemplateMaskSettings
    rng : numpy.random.Generator

    Returns
    -------
    TemplateMask

    Raises
    ------
    QualityError
        If the template finds no place in the image or no brain is left.
    """
    working = coarsen(image, settings.surface.working_voxel_size_mm)
    pose = find_head_pose(working, template.t1w, template.brain, settings=settings.pose, rng=rng)
    affine = pose.transform.inverse()
    placed = resample(template.brain, working.grid, (affine,))
    if not placed.data.any():
        raise QualityError(
            "the template's brain lies outside the image",
            expected="a head in the field of view",
            cure="Look at the image's orientation, or bring a brain mask",
        )
    margin = 2 * settings.rim_mm + settings.surface.reach_mm
    near = crop_around(working, np.asarray(placed.data), margin_mm=margin)
    inside = np.asarray(crop_around(placed, np.asarray(placed.data), margin_mm=margin).data)
    corrected = correct_bias_n4(near, inside, settings=settings.bias).image
    rough = _deform_in_head(corrected, inside, template, affine, settings)
    first = np.asarray(refine_brain_surface(corrected, rough, settings=settings.surface).data)
    corrected = correct_bias_n4(near, first, settings=settings.bias).image
    fit = fit_template(corrected, first, template, settings=settings.fit, rng=rng, first=(affine,))
    rough = np.asarray(resample(template.brain, near.grid, fit.chain).data)
    mask = refine_brain_surface(corrected, rough, settings=settings.surface, onto=image.grid)
    return TemplateMask(mask, fit, pose.nmi)


def _deform_in_head(
    image: Volume,
    placed: MaskArray,
    template: Template,
    affine: AffineTransform,
    settings: TemplateMaskSettings,
) -> MaskArray:
    """Warp the template's brain mask to the head, looking at a rim around its first place."""
    sizes = image.grid.voxel_size_mm
    rim = widen_mask(placed, voxel_size_mm=sizes, by_mm=settings.rim_mm)
    bright = float(np.percentile(image.data[placed], 99))
    deformable = settings.fit.deformable
    found = register_deformable(
        image.like(np.minimum(image.data, bright).astype(np.float32)),
        template.t1w,
        initial=(affine,),
        weight=image.like(rim.astype(np.float32)),
        box=enclose_mask(
            image.grid,
            placed,
            margin_mm=settings.rim_mm + deformable.levels_mm[-1],
            voxel_size_mm=deformable.levels_mm[-1],
        ),
        settings=deformable,
    )
    return np.asarray(resample(template.brain, image.grid, (found.transform, affine)).data)
