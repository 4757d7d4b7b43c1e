"""What the steps read besides their own images: template maps, regions, images on ref's grid."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mslens.core.arrays import Array, LabelArray, MaskArray
from mslens.core.grid import Grid
from mslens.core.transform import Transform
from mslens.core.volume import Kind, Volume
from mslens.image.parcel_names import REGIONS, Group, Region
from mslens.image.parcels import Parcellation, build_parcels
from mslens.image.resample import resample
from mslens.io.nifti import load_volume
from mslens.io.templates import load_template
from mslens.segment.nawm import NawmSettings, find_nawm
from mslens.segment.parcel_store import read_regions
from mslens.segment.parcels import assign_parcels, select_white_matter

Files = Mapping[str, Path]


def load_like(path: Path, ref: Volume, *, kind: Kind = "scalar", name: str) -> Volume:
    """Load an image that must be on the grid of `ref`.

    Raises
    ------
    ImageError
        If the file is unusable.
    GridMismatch
        If it is on another grid.
    """
    volume = load_volume(path, kind=kind)
    ref.grid.require_close(
        volume.grid,
        ours="the reference image",
        theirs=f"the {name}",
        cure="Run the steps before this one again, or bring the image on the reference's grid",
    )
    return volume


def load_optional(
    inputs: Files, role: str, ref: Volume, *, kind: Kind = "scalar", name: str
) -> Volume | None:
    """Load an input as `load_like` does, or return None when the step has none."""
    return load_like(inputs[role], ref, kind=kind, name=name) if role in inputs else None


def load_regions(inputs: Files) -> list[Region]:
    """Read the regions of ``parcel_table``, else return the built-in ones."""
    return read_regions(inputs["parcel_table"]) if "parcel_table" in inputs else list(REGIONS)


def load_nawm(
    inputs: Files, ref: Volume, parcels: Array, groups: Mapping[int, Group], settings: NawmSettings
) -> MaskArray:
    """Find normal white matter with the tissue map and the lesions where there are any."""
    kinds = load_optional(inputs, "dseg", ref, kind="label", name="tissue map")
    lesions = load_optional(inputs, "lesions", ref, kind="mask", name="lesion mask")
    return find_nawm(
        select_white_matter(parcels, groups, None if kinds is None else kinds.data),
        None if lesions is None else lesions.data,
        voxel_size_mm=ref.grid.voxel_size_mm,
        settings=settings,
    )


def template_priors(grid: Grid, to_template: Transform) -> Array:
    """Bring the template's tissue maps to a grid.

    Parameters
    ----------
    grid : Grid
    to_template : Transform
        Points of the grid's world to points of the template.

    Returns
    -------
    ndarray, shape (3, x, y, z), float32
        CSF, GM and WM, which add up to 1; all CSF outside of the template.
    """
    template = load_template()
    gm, wm = (resample(part, grid, [to_template]).data for part in (template.gm, template.wm))
    return np.stack([np.clip(1 - gm - wm, 0, 1), gm, wm])


def template_head_ml() -> float:
    """Volume inside the template's skull in ml."""
    brain = load_template().brain
    return float(brain.data.sum()) * brain.grid.voxel_volume_ml


def parcellate(
    grid: Grid, to_template: Transform, *, mask: Volume | None, tissue: Volume | None
) -> LabelArray:
    """Bring the built-in parcels to a grid and fit them to the subject's tissue.

    Parameters
    ----------
    grid : Grid
    to_template : Transform
        Points of the grid's world to points of the template.
    mask : Volume or None
        Brain; None takes the tissue map's extent, or everything.
    tissue : Volume or None
        1 CSF, 2 GM, 3 WM.
    """
    built = _template_parcels()
    template = load_template()
    own, grey, white = (
        resample(template.gm.like(part, "label"), grid, [to_template], interpolation="nearest").data
        for part in (built.labels, built.grey_territory, built.white_territory)
    )
    if mask is not None:
        brain: Array = mask.data
    else:
        brain = np.ones(grid.shape, dtype=bool) if tissue is None else tissue.data > 0
    return assign_parcels(
        Parcellation(own, grey, white), brain, None if tissue is None else tissue.data
    )


@functools.lru_cache(maxsize=1)
def _template_parcels() -> Parcellation:
    template = load_template()
    return build_parcels(
        template.gm.data, template.wm.data, template.brain.data, grid=template.gm.grid
    )
