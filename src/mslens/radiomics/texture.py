"""All intensity and texture classes of one region of one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mslens.core.arrays import Array
from mslens.radiomics.alike import find_alike
from mslens.radiomics.directions import flat_offsets, list_directions
from mslens.radiomics.discretise import MAX_GREY_LEVELS, Discretisation, Levels, discretise
from mslens.radiomics.first_order import describe_first_order
from mslens.radiomics.glcm import describe_glcm_and_links
from mslens.radiomics.gldm import describe_gldm
from mslens.radiomics.glrlm import describe_glrlm
from mslens.radiomics.glszm import describe_glszm
from mslens.radiomics.names import KERNEL_NAMES
from mslens.radiomics.neighbourhood import look_around
from mslens.radiomics.ngtdm import describe_ngtdm
from mslens.radiomics.regions import Region

DIRECTIONS = list_directions()


@dataclass(frozen=True)
class TextureRequest:
    """Which classes of a region are wanted, and how.

    Parameters
    ----------
    classes : sequence of str
        Among `names.TEXTURE_CLASSES`.
    discretisation : Discretisation
    with_mcc : bool
        Compute the maximal correlation coefficient (an eigenvalue problem per direction).
    voxel_volume_mm3, shift : float
        See `describe_first_order`.
    coarseness : int
        Largest difference of dependent grey levels in GLDM (PyRadiomics' ``gldm_a``).
    in_plane : bool
        Neighbours inside a slice only (PyRadiomics' ``force2D`` in the axial plane).
    """

    classes: Sequence[str]
    discretisation: Discretisation
    with_mcc: bool = True
    voxel_volume_mm3: float = 1.0
    shift: float = 0.0
    coarseness: int = 0
    in_plane: bool = False


@dataclass
class Scratch:
    """Zeroed memory that the kernels of one thread share; it grows to the largest region."""

    counts: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros(1, dtype=np.int32))

    def at_least(self, size: int) -> npt.NDArray[np.int32]:
        """Return at least `size` zeroes."""
        if self.counts.size < size:
            self.counts = np.zeros(size, dtype=np.int32)
        return self.counts


@dataclass(frozen=True)
class Described:
    """Values per class in the order of `KERNEL_NAMES`, and why some are not numbers."""

    values: dict[str, npt.NDArray[np.float64]]
    reasons: dict[str, str]


def describe_texture(
    values: Array, region: Region, request: TextureRequest, *, scratch: Scratch | None = None
) -> Described:
    """Describe one region of one image.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Intensities of the region's voxels, in the order of ``region.voxels``.
    region : Region
    request : TextureRequest
    scratch : Scratch, optional
        Reused between calls of one thread.

    Returns
    -------
    Described
        A class that cannot be computed is NaN, with its reason.
    """
    if not (np.isfinite(values.min()) and np.isfinite(values.max())):
        return _all_missing(request.classes, "intensities in the region are not finite")
    levels = discretise(values, request.discretisation)
    return describe_levels(values, levels, region, request, scratch=scratch)


def describe_levels(
    values: Array,
    levels: Levels,
    region: Region,
    request: TextureRequest,
    *,
    scratch: Scratch | None = None,
) -> Described:
    """Describe one region whose grey levels are known; see `describe_texture`."""
    described = Described({}, {})
    if "firstorder" in request.classes:
        described.values["firstorder"] = describe_first_order(
            values,
            levels.values,
            voxel_volume_mm3=request.voxel_volume_mm3,
            shift=request.shift,
        )
    texture = [name for name in request.classes if name != "firstorder"]
    if levels.count > MAX_GREY_LEVELS:
        missing = _all_missing(
            texture, f"{levels.count:,} grey levels, more than {MAX_GREY_LEVELS:,}"
        )
        return Described(described.values | missing.values, missing.reasons)
    _describe_matrices(levels, region, request, texture, scratch or Scratch(), described)
    return described


def _describe_matrices(
    levels: Levels,
    region: Region,
    request: TextureRequest,
    classes: Sequence[str],
    scratch: Scratch,
    described: Described,
) -> None:
    if not classes:
        return
    box = region.fill_box(levels.values).reshape(-1)
    directions = list_directions(in_plane=True) if request.in_plane else DIRECTIONS
    offsets = flat_offsets(directions, region.shape)
    n, cells, out = levels.count, region.cells, described.values
    side = n + 1
    counts = scratch.at_least(side * max(side, max(region.shape) + 1))
    if "glcm" in classes:
        out["glcm"], alike = describe_glcm_and_links(
            box, cells, offsets, n_levels=n, with_mcc=request.with_mcc, scratch=counts
        )
        if np.isnan(out["glcm"][0]):
            described.reasons["glcm"] = "no two voxels of the region are neighbours"
    else:
        alike = find_alike(box, cells, offsets)
    if "glrlm" in classes:
        out["glrlm"] = describe_glrlm(
            box,
            cells,
            directions,
            shape=region.shape,
            n_levels=n,
            alike=alike,
            scratch=counts,
        )
        if np.isnan(out["glrlm"][0]):
            described.reasons["glrlm"] = "no line through the region holds two voxels"
    if "glszm" in classes:
        out["glszm"] = describe_glszm(box, cells, offsets, n_levels=n, alike=alike)
    if "gldm" in classes or "ngtdm" in classes:
        around = look_around(
            box,
            cells,
            directions,
            shape=region.shape,
            n_levels=n,
            coarseness=request.coarseness,
            alike=alike,
        )
        if "gldm" in classes:
            out["gldm"] = describe_gldm(around)
        if "ngtdm" in classes:
            out["ngtdm"] = describe_ngtdm(around)


def _all_missing(classes: Sequence[str], reason: str) -> Described:
    values = {name: np.full(len(KERNEL_NAMES[name]), np.nan) for name in classes}
    return Described(values, dict.fromkeys(classes, reason))


def texture_features(
    image: Array, mask: Array, *, discretisation: Discretisation, classes: Sequence[str]
) -> dict[str, float]:
    """Return named features of one mask: the one-call form for a notebook.

    Parameters
    ----------
    image : ndarray, shape (i, j, k)
    mask : ndarray of bool, the same shape
    discretisation : Discretisation
    classes : sequence of str
        Among ``firstorder, glcm, gldm, glrlm, glszm, ngtdm``.

    Returns
    -------
    dict
        ``"glcm_Contrast"`` and so on, under PyRadiomics' names.
    """
    from mslens.radiomics.regions import find_regions

    labels = np.ascontiguousarray(np.asarray(mask, dtype=np.uint8).T)
    region = find_regions(labels)[0]
    values = np.ascontiguousarray(np.asarray(image).T).reshape(-1)[region.voxels]
    described = describe_texture(values, region, TextureRequest(classes, discretisation))
    return {
        f"{name}_{feature}": float(value)
        for name in classes
        for feature, value in zip(KERNEL_NAMES[name], described.values[name], strict=True)
        if feature is not None
    }
