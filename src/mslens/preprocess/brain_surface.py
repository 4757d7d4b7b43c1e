"""Move a rough brain mask onto the brain's surface in the image.

Evidence per voxel = log-odds from two histograms (just inside and just outside of the rough
mask) + depth under the rough surface / its uncertainty; bright tissue that is detached from the
brain speaks for outside. The surface is cheap where the image is dark (CSF, skull) and dear where
it is bright; `find_minimal_surface` balances both.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import MaskArray
from mslens.core.errors import QualityError
from mslens.core.grid import Grid
from mslens.core.settings import Settings
from mslens.core.volume import Volume
from mslens.image.components import label_components
from mslens.image.crop import crop_box
from mslens.image.resample import coarsen, resample
from mslens.preprocess.brain_core import find_detached_tissue
from mslens.preprocess.field_of_view import signed_depth
from mslens.preprocess.minimal_surface import find_minimal_surface

_N_BINS = 64
#: Smallest share of a histogram's bin: no intensity is impossible.
_FLOOR = 1e-3
_CERTAIN = 6.0


class BrainSurfaceSettings(Settings):
    """Settings of `refine_brain_surface`."""

    working_voxel_size_mm: float = Field(default=1.5, gt=0)
    #: Uncertainty of the rough surface.
    surface_sd_mm: float = Field(default=2.5, gt=0)
    #: Beyond this distance from the rough surface nothing changes.
    reach_mm: float = Field(default=12.0, gt=0)
    #: Depths over which the histograms are taken.
    inner_shell_mm: tuple[float, float] = (3.0, 20.0)
    outer_shell_mm: tuple[float, float] = (2.0, 10.0)
    #: Largest log-odds for brain, and against it from dark and from bright voxels: dark may be
    #: CSF, which belongs to the brain mask, so that it says little.
    max_for: float = Field(default=3.0, ge=0)
    max_against_dark: float = Field(default=1.0, ge=0)
    max_against_bright: float = Field(default=3.0, ge=0)
    #: Price of the surface where the image is as bright as brain, and its share in the dark.
    price: float = Field(default=2.0, gt=0)
    dark_share: float = Field(default=0.15, gt=0, le=1)
    #: Bright: above this share of the brain's median. Tissue deeper than `certain_depth_mm` under
    #: the rough surface is never taken for detached.
    bright_share: float = Field(default=0.6, gt=0, lt=1)
    certain_depth_mm: float = Field(default=8.0, gt=0)
    max_iterations: int = Field(default=300, ge=1)


def refine_brain_surface(
    image: Volume,
    rough: MaskArray,
    *,
    settings: BrainSurfaceSettings,
    onto: Grid | None = None,
) -> Volume:
    """Refine a rough brain mask by the image's intensities.

    Parameters
    ----------
    image : Volume, scalar
        Bias-corrected.
    rough : ndarray of bool, shape = image.grid.shape
    settings : BrainSurfaceSettings
    onto : Grid, optional
        Grid of the result, the image's by default.

    Returns
    -------
    Volume, mask
        One component without holes.

    Raises
    ------
    QualityError
        If the rough mask is too thin to have an inside, or nothing is left of it.
    """
    working = coarsen(image, settings.working_voxel_size_mm)
    grid, data = working.grid, np.asarray(working.data)
    share = coarsen(image.like(rough.astype(np.float32)), settings.working_voxel_size_mm)
    depth = signed_depth(share.data >= 0.5, voxel_size_mm=grid.voxel_size_mm)
    inner = (depth > settings.inner_shell_mm[0]) & (depth < settings.inner_shell_mm[1])
    outer = (-depth > settings.outer_shell_mm[0]) & (-depth < settings.outer_shell_mm[1])
    if not inner.any() or not outer.any():
        raise QualityError(
            "the rough brain mask has no inside or no outside",
            expected="a brain within the field of view",
        )
    median = float(np.median(data[inner]))
    detached = find_detached_tissue(
        data,
        depth > settings.certain_depth_mm,
        level=settings.bright_share * median,
        voxel_size_mm=grid.voxel_size_mm,
    )
    evidence = _weigh_intensities(data, inner, outer, settings)
    evidence[detached] = settings.max_against_bright
    evidence += np.clip(-depth / settings.surface_sd_mm, -_CERTAIN, _CERTAIN)
    evidence[depth < -settings.reach_mm] = _CERTAIN
    evidence[depth > settings.reach_mm] = -_CERTAIN
    brightness = np.clip(data / median, 0.0, 1.0) ** 2
    price = settings.price * (settings.dark_share + brightness)
    inside = find_minimal_surface(
        evidence.astype(np.float32),
        price.astype(np.float32),
        voxel_size_mm=grid.voxel_size_mm,
        max_iterations=settings.max_iterations,
    )
    return _solid(Volume(inside, grid), image.grid if onto is None else onto)


def _weigh_intensities(
    data: npt.NDArray[np.float32],
    inner: MaskArray,
    outer: MaskArray,
    settings: BrainSurfaceSettings,
) -> npt.NDArray[np.float64]:
    """Log-odds of outside against inside for every voxel's intensity."""
    top = 1.5 * float(np.percentile(data[inner], 99.9))
    edges = np.linspace(0.0, top, _N_BINS + 1)
    shares = []
    for shell in (outer, inner):
        counts, _ = np.histogram(np.clip(data[shell], 0.0, top), bins=edges)
        smooth = ndimage.gaussian_filter1d(counts.astype(np.float64), 1.5)
        shares.append(smooth / smooth.sum() + _FLOOR)
    odds = np.log(shares[0] / shares[1])
    centres = (edges[1:] + edges[:-1]) / 2
    is_dark = centres < np.median(data[inner])
    against = np.where(is_dark, settings.max_against_dark, settings.max_against_bright)
    odds = np.clip(odds, -settings.max_for, against)
    bins = np.clip((data / top * _N_BINS).astype(np.int64), 0, _N_BINS - 1)
    return np.asarray(odds[bins])


def _solid(inside: Volume, grid: Grid) -> Volume:
    """Largest component, without holes, on `grid`."""
    values = np.asarray(inside.data)
    labels = label_components(values >= 0.5, connectivity=6)
    if labels.max() == 0:
        raise QualityError("no brain is left after the refinement of its surface")
    kept = np.where(labels > 1, np.float32(0), values)
    kept = np.maximum(kept, ndimage.binary_fill_holes(kept >= 0.5).astype(np.float32))
    mask = np.array(resample(Volume(kept, inside.grid), grid).data >= 0.5)
    box = crop_box(mask, voxel_size_mm=grid.voxel_size_mm, margin_mm=0.0)
    largest = label_components(mask[box], connectivity=6) == 1
    mask[:] = False
    mask[box] = ndimage.binary_fill_holes(largest)
    return Volume(mask, grid, "mask")
