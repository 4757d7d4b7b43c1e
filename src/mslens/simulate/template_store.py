"""Everything of the template that every simulated subject starts from, built once per process."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, special

from mslens.core.arrays import LabelArray, MaskArray
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance
from mslens.image.parcel_names import REGIONS, Region, region_index
from mslens.image.parcels import Parcellation, build_parcels
from mslens.image.resample import resample
from mslens.io.templates import load_template
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.folding import Levels, build_levels
from mslens.simulate.head import Head, build_head, head_grid

FloatMap = npt.NDArray[np.float32]

_MARGIN_MM = 8.0
_RIM_MM = 3.5
#: Below this voxel size the parcels are built at 1 mm, above at 2 mm.
_FINE_PARCELS_MM = 1.5
_NUCLEI = ("Caudate", "Putamen", "Pallidum", "Thalamus")
_BRAIN_SIGMA_MM = 1.2
#: Cortical regions whose lobe is not one of the damage factors.
_FACTOR_OF_LOBE = {"limbic": "parietal", "insula": "frontal"}
_FACTOR_OF_NAME = {
    "Cingulum_Ant": "frontal",
    "Hippocampus": "temporal",
    "Amygdala": "temporal",
    "ParaHippocampal": "temporal",
}


@dataclass(frozen=True, eq=False)
class TemplateMaps:
    """The template's brain box at one voxel size, and the head around it.

    Parameters
    ----------
    grid : Grid
        Of the brain box, RAS.
    levels : Levels
        Fluid and white-matter level functions.
    deep : ndarray, float32
        1 where grey and white matter mix (nuclei, brainstem) and the template's proportion
        holds, 0 where a voxel is one or the other; smooth.
    deep_white : ndarray, float32
        Share of white matter in the tissue.
    brain_level : ndarray, float32
        Millimetres to the border of the brain, above 0 inside; right near the border.
    parcels : Parcellation
        Labels of `mslens.image.parcel_names`.
    shares : ndarray, shape (9, x, y, z), float32
        On `head.grid`: share of the damage regions, ventricles, sulcal fluid.
    territory : ndarray, int8
        On `head.grid`: 1 + damage region whose grey matter is near, 0 elsewhere.
    head : Head
    """

    grid: Grid
    levels: Levels
    deep: FloatMap
    deep_white: FloatMap
    brain_level: FloatMap
    parcels: Parcellation
    shares: FloatMap
    territory: npt.NDArray[np.int8]
    head: Head


def factor_of_region(region: Region) -> str | None:
    """Name of the damage factor that a region shrinks with, None for fluid."""
    name = region.name.removesuffix("_L").removesuffix("_R")
    if region.group in ("cerebellum", "cerebellar-white-matter"):
        return "cerebellum"
    if region.group in ("white-matter", "brainstem"):
        return "white_matter"
    if name in _NUCLEI:
        return "deep_gm"
    if region.group in ("cortex", "deep-grey-matter"):
        return _FACTOR_OF_NAME.get(name) or _FACTOR_OF_LOBE.get(region.lobe, region.lobe)
    return None


@functools.lru_cache(maxsize=2)
def load_template_maps(voxel_size_mm: float) -> TemplateMaps:
    """Build the maps at a voxel size; the second call for the same size costs nothing.

    Parameters
    ----------
    voxel_size_mm : float

    Returns
    -------
    TemplateMaps
    """
    template = load_template(voxel_size_mm)
    full = template.t1w.grid
    gm, wm = template.gm.data, template.wm.data
    brain = np.asarray(template.brain.data)
    parcels = _parcels_on(full)
    box = crop_box(brain, voxel_size_mm=full.voxel_size_mm, margin_mm=_MARGIN_MM)
    affine = full.affine.copy()
    affine[:3, 3] = full.to_world(np.array([cut.start for cut in box]))
    gm, wm, brain = gm[box], wm[box], brain[box]
    parcels = Parcellation(
        parcels.labels[box], parcels.grey_territory[box], parcels.white_territory[box]
    )
    labels = parcels.labels
    grid = Grid(affine, (brain.shape[0], brain.shape[1], brain.shape[2]))
    gm, wm = _without_rim(gm, wm, labels, grid)
    sigma = _BRAIN_SIGMA_MM / voxel_size_mm
    inside = ndimage.gaussian_filter(brain.astype(np.float32), sigma, truncate=3.0)
    level = _BRAIN_SIGMA_MM * special.ndtri(np.clip(inside, 1e-3, 1 - 1e-3))
    spacing = 2.0 if voxel_size_mm < _FINE_PARCELS_MM else max(3.0, voxel_size_mm)
    coarse = head_grid(spacing)
    near = resample(Volume(parcels.grey_territory, grid, "label"), coarse, interpolation="nearest")
    shares = _region_shares(gm, wm, brain, labels, grid, coarse)
    return TemplateMaps(
        grid=grid,
        levels=build_levels(gm, wm, brain, voxel_size_mm=grid.voxel_size_mm),
        deep=_deep_weight(labels, grid),
        deep_white=np.asarray(wm / np.maximum(gm + wm, 1e-3), dtype=np.float32),
        brain_level=level.astype(np.float32),
        parcels=parcels,
        shares=shares,
        territory=factor_labels()[near.data],
        head=build_head(brain, grid, voxel_size_mm=spacing),
    )


@functools.lru_cache(maxsize=2)
def load_parcels(voxel_size_mm: float) -> tuple[Parcellation, Grid]:
    """Build the parcellation on the template's own grid of 1 or 2 mm, once per process."""
    template = load_template(voxel_size_mm)
    grid = template.t1w.grid
    parcels = build_parcels(template.gm.data, template.wm.data, template.brain.data, grid=grid)
    return parcels, grid


def _parcels_on(grid: Grid) -> Parcellation:
    parcels, own = load_parcels(1.0 if grid.voxel_size_mm[0] < _FINE_PARCELS_MM else 2.0)
    if own.is_close(grid):
        return parcels

    def moved(labels: LabelArray) -> LabelArray:
        volume = Volume(labels, own, "label")
        return np.asarray(resample(volume, grid, interpolation="nearest").data)

    return Parcellation(
        moved(parcels.labels), moved(parcels.grey_territory), moved(parcels.white_territory)
    )


def indices_of(*names: str) -> list[int]:
    """Labels of regions by their names without the side."""
    both = [f"{name}{side}" for name in names for side in ("", "_L", "_R")]
    known = {region.name for region in REGIONS}
    return [region_index(name) for name in both if name in known]


VENTRICLES = indices_of("Lateral_Ventricle", "Third_Ventricle", "Fourth_Ventricle")


def _without_rim(
    gm: FloatMap, wm: FloatMap, parcels: LabelArray, grid: Grid
) -> tuple[FloatMap, FloatMap]:
    """White matter that only partial volume with the ventricles made grey becomes white again."""
    ventricle = np.isin(parcels, indices_of("Lateral_Ventricle"))
    near = measure_distance(ventricle, voxel_size_mm=grid.voxel_size_mm, limit_mm=_RIM_MM)
    nuclei = np.isin(parcels, indices_of(*_NUCLEI, "Hippocampus", "Amygdala"))
    nuclei = ndimage.binary_dilation(nuclei)
    rim: MaskArray = (near <= _RIM_MM) & ~nuclei
    return np.where(rim, 0.0, gm).astype(np.float32), np.where(rim, wm + gm, wm).astype(np.float32)


def _deep_weight(parcels: LabelArray, grid: Grid) -> FloatMap:
    mixed = np.isin(parcels, indices_of(*_NUCLEI, "Brainstem"))
    sigma = 1.5 / np.asarray(grid.voxel_size_mm)
    return ndimage.gaussian_filter(mixed.astype(np.float32), sigma, truncate=3.0)


def factor_labels() -> npt.NDArray[np.int8]:
    """1 + damage factor of every parcel, 0 for fluid."""
    factor = np.zeros(len(REGIONS) + 1, dtype=np.int8)
    for region in REGIONS:
        name = factor_of_region(region)
        factor[region.index] = 0 if name is None else 1 + DAMAGE_FACTORS.index(name)
    return factor


def _region_shares(
    gm: FloatMap, wm: FloatMap, brain: MaskArray, parcels: LabelArray, grid: Grid, coarse: Grid
) -> FloatMap:
    tissue = np.clip(gm + wm, 0.0, 1.0) * brain
    fluid = (1.0 - tissue) * brain
    label = factor_labels()[parcels]
    # Tissue without a parcel follows white matter.
    label = np.where((label == 0) & (tissue > 0.5), 1 + DAMAGE_FACTORS.index("white_matter"), label)
    ventricle = np.isin(parcels, indices_of("Lateral_Ventricle", "Third_Ventricle"))
    parts = [tissue * (label == k + 1) for k in range(len(DAMAGE_FACTORS))]
    parts += [fluid * ventricle, fluid * ~ventricle]
    # The share of a coarse voxel: average over about its size, then pick.
    ratio = coarse.voxel_size_mm[0] / grid.voxel_size_mm[0]
    index = grid.to_index(coarse.to_world(np.stack([np.arange(3), np.arange(3), np.arange(3)], -1)))
    start, step = index[0], index[1] - index[0]
    where = [start[a] + step[a] * np.arange(coarse.shape[a]) for a in range(3)]
    mesh = np.meshgrid(*where, indexing="ij", sparse=True)
    dense = np.broadcast_arrays(*mesh)
    return np.stack(
        [
            ndimage.map_coordinates(
                ndimage.gaussian_filter(part.astype(np.float32), 0.5 * ratio), dense, order=1
            )
            for part in parts
        ]
    ).astype(np.float32)
