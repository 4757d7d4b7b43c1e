"""What happened to image and mask on the way, by the tags of IBSI's reference files."""

from __future__ import annotations

import numpy as np

from mslens.core.arrays import Array, MaskArray, Spacing
from mslens.radiomics.ibsi import IbsiSettings, prepare

_AXES = ("x", "y", "z")


def describe_stages(
    image: Array, mask: Array, *, voxel_size_mm: Spacing, settings: IbsiSettings
) -> dict[str, float]:
    """Describe image and mask at first, after interpolation and after re-segmentation.

    Parameters
    ----------
    image, mask : ndarray, shape (i, j, k)
    voxel_size_mm : tuple of 3 float
    settings : IbsiSettings
    """
    untouched = IbsiSettings()
    whole = {"intensity_range": None, "outlier_sigmas": None}
    first = prepare(image, mask, voxel_size_mm=voxel_size_mm, settings=untouched)
    moved = prepare(
        image, mask, voxel_size_mm=voxel_size_mm, settings=settings.model_copy(update=whole)
    )
    last = prepare(image, mask, voxel_size_mm=voxel_size_mm, settings=settings)
    found: dict[str, float] = {}
    for stage, prepared in (("init_img", first), ("interp_img", moved)):
        found |= _describe_image(prepared.image, prepared.spacing_mm, stage)
    for stage, prepared in (("init_roi", first), ("interp_roi", moved), ("reseg_roi", last)):
        found |= _describe_mask(prepared.image, prepared.body, prepared.inside, stage)
    return found


def _describe_image(image: Array, spacing_mm: Spacing, stage: str) -> dict[str, float]:
    found = {
        f"img_dim_{name}_{stage}": float(n)
        for name, n in zip(_AXES, image.shape[::-1], strict=True)
    }
    found |= {
        f"vox_dim_{name}_{stage}": size for name, size in zip(_AXES, spacing_mm[::-1], strict=True)
    }
    return found | {f"{name}_{stage}": value for name, value in _intensities(image).items()}


def _describe_mask(
    image: Array, body: MaskArray, inside: MaskArray, stage: str
) -> dict[str, float]:
    found = {
        f"int_mask_dim_{name}_{stage}": float(n)
        for name, n in zip(_AXES, inside.shape[::-1], strict=True)
    }
    for kind, mask in (("int_mask", inside), ("morph_mask", body)):
        edges = np.ptp(np.argwhere(mask), axis=0)[::-1] + 1
        found |= {
            f"{kind}_bb_dim_{name}_{stage}": float(n) for name, n in zip(_AXES, edges, strict=True)
        }
        found[f"{kind}_vox_count_{stage}"] = float(mask.sum())
    values = _intensities(image[inside])
    return found | {f"int_mask_{name}_{stage}": value for name, value in values.items()}


def _intensities(values: Array) -> dict[str, float]:
    return {
        "mean_int": float(values.mean(dtype=np.float64)),
        "min_int": float(values.min()),
        "max_int": float(values.max()),
    }
