"""The steps of preprocessing: files in, files out, facts and flags for quality control."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mslens.core.arrays import MaskArray
from mslens.core.errors import ImageError
from mslens.core.rng import make_rng
from mslens.core.transform import AffineTransform, Transform
from mslens.core.volume import Volume
from mslens.image.displacement import fit_affine
from mslens.image.jacobian import measure_log_jacobian
from mslens.image.resample import resample
from mslens.io.nifti import load_volume, save_volume
from mslens.io.templates import load_template
from mslens.io.transforms import load_transform, save_transform
from mslens.preprocess.bias import BiasSettings, correct_bias_field
from mslens.preprocess.brain_mask import TEMPLATE_MM, BrainMaskSettings, find_brain
from mslens.preprocess.coregister import CoregisterSettings, register_rigid
from mslens.preprocess.flags import Flag, warn
from mslens.preprocess.mask_quality import measure_overlap
from mslens.preprocess.to_template import NormaliseSettings, register_to_template

Files = Mapping[str, Path]
Facts = dict[str, Any]

#: Below this the affine fit of brain and template says little (1 is independence).
_LOW_NMI = 1.05
_LOW_OVERLAP = 0.93


def extract_brain(inputs: Files, outputs: Files, settings: BrainMaskSettings) -> Facts:
    """Find the brain, and fit the template to it roughly.

    Inputs ``image`` (raw) and ``mask`` when the user brings one; outputs ``mask`` and
    ``coarse_xfm`` (points of the image to points of the template). An image without a skull is
    recognised, and its support is the mask.
    """
    image = load_volume(inputs["image"])
    brought = load_volume(inputs["mask"], kind="mask") if "mask" in inputs else None
    found = find_brain(image, load_template(TEMPLATE_MM), settings=settings, brought=brought)
    save_volume(outputs["mask"], found.mask)
    save_transform(outputs["coarse_xfm"], found.to_template)
    return {"method": found.method, **found.quality.figures, "flags": list(found.flags)}


def correct_bias(inputs: Files, outputs: Files, settings: BiasSettings) -> Facts:
    """Correct the intensity non-uniformity.

    Inputs ``image`` (raw) and ``mask``; output ``image``.
    """
    image = load_volume(inputs["image"])
    mask = _load_mask(inputs["mask"], image, name="brain mask")
    corrected, facts = _correct(image, mask, settings)
    save_volume(outputs["image"], corrected)
    return {**facts, "flags": []}


def coregister(inputs: Files, outputs: Files, settings: CoregisterSettings) -> Facts:
    """Bring another contrast onto the grid of the reference image.

    Inputs ``moving`` (raw), ``fixed`` (preprocessed reference) and ``mask``; outputs ``image``
    (bias-corrected in its own space, interpolated once) and ``xfm`` (points of the reference to
    points of the moving image).
    """
    fixed, moving = load_volume(inputs["fixed"]), load_volume(inputs["moving"])
    mask = _load_mask(inputs["mask"], fixed, name="brain mask")
    rng = make_rng(settings.seed, "coregister")
    found = register_rigid(fixed, moving, mask, settings=settings.rigid, rng=rng)
    back = found.transform.inverse()
    brain = resample(fixed.like(mask, "mask"), moving.grid, (back,))
    corrected, bias = _correct(moving, np.asarray(brain.data), settings.bias)
    save_volume(outputs["image"], resample(corrected, fixed.grid, (found.transform,)))
    save_transform(outputs["xfm"], found.transform)
    coverage = found.fit.covered
    flags: list[Flag] = []
    if found.fit.nmi < settings.rigid.min_nmi:
        flags.append(
            warn(
                f"The two images agree badly (NMI {found.fit.nmi:.3f}), also after a second try:"
                " look whether they lie on each other."
            )
        )
    if coverage < settings.min_coverage:
        flags.append(warn(f"The moving image covers only {100 * coverage:.0f}% of the brain."))
    return {
        "method": "rigid, normalised mutual information",
        "nmi": round(found.fit.nmi, 4),
        "retried": found.retried,
        "coverage": round(coverage, 4),
        "bias": bias,
        "flags": flags,
    }


def normalise_to_template(inputs: Files, outputs: Files, settings: NormaliseSettings) -> Facts:
    """Register the reference image to the template, lesions left out of the cost.

    Inputs ``image`` (filled reference), ``mask``, ``coarse_xfm`` and ``lesions`` when known;
    outputs ``xfm`` (points of the template to points of the image), ``inverse_xfm``, ``image``
    (on the template's 1 mm grid) and ``log_jacobian`` (of the smooth deformation).
    """
    image = load_volume(inputs["image"])
    mask = _load_mask(inputs["mask"], image, name="brain mask")
    lesions = None
    if "lesions" in inputs:
        lesions = _load_mask(inputs["lesions"], image, name="lesion mask")
    template = load_template(1.0)
    found = register_to_template(
        image,
        mask,
        template,
        lesions,
        first=_affine_part(load_transform(inputs["coarse_xfm"])),
        settings=settings,
        rng=make_rng(settings.seed, "normalise"),
    )
    forward = found.from_template
    save_transform(outputs["xfm"], forward, space="template")
    save_transform(outputs["inverse_xfm"], found.to_template)
    masked = image.like(np.where(mask, image.data, 0.0).astype(np.float32))
    save_volume(outputs["image"], resample(masked, template.t1w.grid, (forward,)), space="template")
    jacobian = measure_log_jacobian(
        found.volume_change, smoothing_fwhm_mm=settings.jacobian_fwhm_mm
    )
    save_volume(outputs["log_jacobian"], jacobian, space="template")
    warped = resample(template.brain, image.grid, (found.to_template,))
    overlap = measure_overlap(mask, np.asarray(warped.data))
    inside = np.asarray(resample(template.brain, jacobian.grid).data)
    low, high = np.percentile(np.asarray(jacobian.data)[inside], [1, 99])
    flags: list[Flag] = []
    if found.nmi < _LOW_NMI or overlap < _LOW_OVERLAP:
        flags.append(
            warn(
                f"The registration to the template is poor (brain overlap {overlap:.3f}, NMI"
                f" {found.nmi:.3f}): regional results are doubtful."
            )
        )
    return {
        "method": "affine, smooth and detailed deformation",
        "finest_level_mm": round(found.to_template.grid.voxel_size_mm[0], 3),
        "brain_overlap": round(overlap, 4),
        "nmi": round(found.nmi, 4),
        "local_correlation": round(found.correlation, 4),
        "smallest_jacobian": round(found.smallest_jacobian, 4),
        "largest_smoothing_mm": round(found.largest_smoothing_mm, 3),
        "round_trip_mm": {
            "mean": round(found.round_trip_mm[0], 4),
            "max": round(found.round_trip_mm[1], 4),
        },
        "log_jacobian_p1_p99": [round(float(low), 4), round(float(high), 4)],
        "lesions_left_out": lesions is not None,
        "flags": flags,
    }


def _load_mask(path: Path, image: Volume, *, name: str) -> MaskArray:
    mask = load_volume(path, kind="mask")
    image.grid.require_close(mask.grid, ours="the image", theirs=f"the {name}")
    return np.asarray(mask.data)


def _correct(image: Volume, mask: MaskArray, settings: BiasSettings) -> tuple[Volume, Facts]:
    found = correct_bias_field(image, mask, settings=settings)
    low, high = np.percentile(np.asarray(found.field.data)[mask], [1, 99])
    facts = {
        "method": settings.method,
        "iterations_run": list(found.iterations),
        "field_p1_p99": [round(float(low), 4), round(float(high), 4)],
    }
    return found.image, facts


def _affine_part(transform: Transform) -> AffineTransform:
    if isinstance(transform, AffineTransform):
        return transform
    affine = fit_affine(transform)
    if np.linalg.det(affine.matrix[:3, :3]) <= 0:
        raise ImageError("the coarse field turns space inside out")
    return affine
