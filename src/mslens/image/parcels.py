"""The built-in parcellation in template space: "approximate, not AAL".

Each side is a weighted Voronoi diagram: a voxel of the right tissue takes the region whose tube
it lies deepest in, argmin_r d_r(p) with d_r of `mslens.image.tubes`, within the compartment
(cerebrum, cerebellum, brainstem) that stated surfaces of the template bound. The left half is
computed and mirrored, so both sides are exactly alike.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import interpolate, ndimage

from mslens.core.arrays import Array, LabelArray, MaskArray, Spacing
from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.image import parcel_shapes as shapes
from mslens.image.components import label_components
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance, spread_labels
from mslens.image.outline import fill_outline
from mslens.image.parcel_names import CEREBRAL, REGIONS, WHITE_LOBES, region_index
from mslens.image.tubes import Tube, find_deepest_tube

Tubes = Mapping[str, Tube]

#: Smallest share of a voxel that makes it fluid, or grey.
_FLUID = 0.4
_GREY_SHARE = 0.3
#: Grey partial volume along the ventricles is this thick.
_RIM_MM = 3.5
_GREY_REACH_MM = 4.0
_GREY = [region.index for region in REGIONS if region.group in ("cortex", "cerebellum")]


@dataclass(frozen=True)
class _Half:
    """The template's left half with the midline plane, x <= 0."""

    gm: npt.NDArray[np.float32]
    wm: npt.NDArray[np.float32]
    brain: MaskArray
    grid: Grid

    def points(self, where: MaskArray) -> npt.NDArray[np.float64]:
        return self.grid.to_world(np.argwhere(where))

    @functools.cached_property
    def axes(self) -> list[npt.NDArray[np.float64]]:
        """World coordinates (mm) of the planes along x, y and z."""
        affine, shape = self.grid.affine, self.grid.shape
        return [affine[a, a] * np.arange(shape[a]) + affine[a, 3] for a in range(3)]

    @functools.cached_property
    def fluid(self) -> npt.NDArray[np.float32]:
        return np.where(self.brain, np.clip(1 - self.gm - self.wm, 0, 1), 0).astype(np.float32)


@dataclass(frozen=True)
class Parcellation:
    """Label maps of the built-in parcellation, all of shape (x, y, z), int32.

    Parameters
    ----------
    labels : ndarray
        The parcellation of the template itself.
    grey_territory, white_territory : ndarray
        The label that a grey (cortex, cerebellum) or white voxel of a subject takes at each
        place, also where the template's own tissue ends: tissue that reaches further in a
        subject is still named. Grey territory ends 4 mm from the template's grey matter.
    """

    labels: LabelArray
    grey_territory: LabelArray
    white_territory: LabelArray


def build_parcels(gm: Array, wm: Array, brain: Array, *, grid: Grid) -> Parcellation:
    """Build the built-in parcellation on the template's grid.

    Parameters
    ----------
    gm, wm : ndarray of float, shape (x, y, z)
        Tissue maps of the template, 0 to 1.
    brain : ndarray, shape (x, y, z)
        Brain mask of the template, non-zero inside.
    grid : Grid
        RAS axes, with a plane of voxels at x = 0 and as many on its left as on its right.

    Returns
    -------
    Parcellation
        Indices of `mslens.image.parcel_names.REGIONS`, 0 elsewhere; left and right mirrored.

    Raises
    ------
    ImageError
        If the grid is not symmetric about x = 0.
    """
    middle = _middle_plane(grid)
    half = _Half(
        gm=np.asarray(gm[: middle + 1], dtype=np.float32),
        wm=np.asarray(wm[: middle + 1], dtype=np.float32),
        brain=np.asarray(brain[: middle + 1]) != 0,
        grid=Grid(grid.affine, (middle + 1, *grid.shape[1:])),
    )
    inside = _Compartments.of(half)
    grey, white = _territories(half, inside)
    labels = np.zeros(half.brain.shape, dtype=np.int32)
    _add_ventricles(labels, half, inside)
    _add_brainstem(labels, half, inside)
    _add_nuclei(labels, half, inside)
    _add_cerebellum(labels, half, inside, grey)
    _add_cortex(labels, half, inside, grey)
    _add_white_matter(labels, half, inside, white)
    labels = _keep_one_piece(labels, half.grid)
    near = _dilate(np.isin(labels, _GREY), half.grid.voxel_size_mm, _GREY_REACH_MM)
    return Parcellation(_mirror(labels), _mirror(np.where(near, grey, 0)), _mirror(white))


def _dilate(mask: MaskArray, voxel_size_mm: Spacing, reach_mm: float) -> MaskArray:
    """Grow a mask by a cube."""
    size = [2 * round(reach_mm / mm) + 1 for mm in voxel_size_mm]
    return np.asarray(ndimage.maximum_filter(mask, size=size))


def _middle_plane(grid: Grid) -> int:
    middle = (grid.shape[0] - 1) // 2
    world = grid.to_world(np.array([middle, 0, 0]))
    straight = np.allclose(grid.affine[:3, :3], np.diag(np.diag(grid.affine[:3, :3])))
    if grid.shape[0] % 2 == 0 or abs(world[0]) > 1e-3 or not straight or grid.axis_codes != "RAS":
        raise ImageError(
            f"the template grid is {grid.describe()}",
            expected="RAS axes and a plane of voxels at x = 0 in its middle",
        )
    return middle


@dataclass(frozen=True)
class _Compartments:
    supratentorial: MaskArray
    brainstem: MaskArray
    cerebellum: MaskArray

    @classmethod
    def of(cls, half: _Half) -> _Compartments:
        x, y, z = half.axes
        tentorium = interpolate.RegularGridInterpolator(
            (shapes.TENTORIUM_Y, shapes.TENTORIUM_X), np.array(shapes.TENTORIUM_Z, dtype=float)
        )
        plane_y, plane_x = np.meshgrid(
            np.clip(y, shapes.TENTORIUM_Y[0], shapes.TENTORIUM_Y[-1]),
            np.clip(-x, 0, shapes.TENTORIUM_X[-1]),
        )
        height = tentorium((plane_y, plane_x))
        below = (z[None, None, :] < height[:, :, None]) & (y < shapes.TENTORIUM_Y[-1])[:, None]
        width_z, width_x = np.array(shapes.BRAINSTEM_HALF_WIDTH).T
        stem = fill_outline(shapes.BRAINSTEM, y, z)[None] & (
            -x[:, None, None] <= np.interp(z, width_z, width_x)
        )
        return cls(half.brain & ~below & ~stem, half.brain & stem, half.brain & below & ~stem)


def _fill(
    labels: LabelArray, half: _Half, where: MaskArray, names: Mapping[str, str], tubes: Tubes
) -> None:
    """Give every voxel of `where` the region that `names` holds for its deepest tube."""
    winner, _ = find_deepest_tube(half.points(where), list(tubes.values()))
    index = np.array([region_index(names[name]) for name in tubes], dtype=np.int32)
    labels[where] = index[winner]


def _territories(half: _Half, inside: _Compartments) -> tuple[LabelArray, LabelArray]:
    """Name every place of the brain for grey and for white matter."""
    grey = np.zeros(half.brain.shape, dtype=np.int32)
    white = np.zeros(half.brain.shape, dtype=np.int32)
    side = (half.axes[0] < 0)[:, None, None]
    width_z, width_x = np.array(shapes.VERMIS_HALF_WIDTH).T
    near = -half.axes[0][:, None, None] <= np.interp(half.axes[2], width_z, width_x)
    upper, lower = inside.supratentorial & side, inside.cerebellum
    left = {name: f"{name}_L" for name in (*shapes.CORTEX, *shapes.CEREBELLUM)}
    _fill(grey, half, upper, left, shapes.CORTEX)
    _fill(grey, half, lower & ~near, left, shapes.CEREBELLUM)
    _fill(grey, half, lower & near, {name: name for name in shapes.VERMIS}, shapes.VERMIS)
    lobe_of = {name: lobe for name, _, lobe in CEREBRAL if lobe in WHITE_LOBES}
    lobe_of |= {lobe: lobe for lobe in WHITE_LOBES}
    tubes = shapes.CORTEX | shapes.WHITE_CORE
    lobar = {name: tube for name, tube in tubes.items() if name in lobe_of}
    lobes = {name: f"White_Matter_{lobe_of[name].capitalize()}_L" for name in lobar}
    _fill(white, half, upper, lobes, lobar)
    white[lower & side] = region_index("White_Matter_Cerebellum_L")
    return grey, white


def _add_ventricles(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    x, y, z = half.axes
    fluid = half.fluid >= _FLUID
    for name, (outline, half_width), part in (
        ("Third_Ventricle", shapes.THIRD_VENTRICLE, inside.supratentorial | inside.brainstem),
        ("Fourth_Ventricle", shapes.FOURTH_VENTRICLE, inside.cerebellum | inside.brainstem),
    ):
        shape = fill_outline(outline, y, z)[None] & (-x <= half_width)[:, None, None]
        labels[shape & fluid & part] = region_index(name)
    candidate = fluid & inside.supratentorial & (labels == 0) & (x < 0)[:, None, None]
    _, away = find_deepest_tube(half.points(candidate), list(shapes.LATERAL_VENTRICLE.values()))
    candidate[candidate] = away <= 0
    labels[candidate] = region_index("Lateral_Ventricle_L")


def _add_brainstem(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    tissue = half.fluid < 0.5
    labels[inside.brainstem & tissue & (labels == 0)] = region_index("Brainstem")


def _add_nuclei(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    """Grey voxels of the nuclei; thalamus and pallidum hold much white matter in the maps."""
    where = inside.supratentorial & (half.fluid < 0.5) & (labels == 0)
    where &= (half.axes[0] < 0)[:, None, None]
    winner, away = find_deepest_tube(half.points(where), list(shapes.NUCLEI.values()))
    names = list(shapes.NUCLEI)
    least_gm = np.array([0.1 if name in ("Thalamus", "Pallidum") else 0.4 for name in names])
    index = np.array([region_index(f"{name}_L") for name in names], dtype=np.int32)
    kept = (away <= 0) & (half.gm[where] >= least_gm[winner])
    labels[where] = np.where(kept, index[winner], 0)


def _add_cerebellum(
    labels: LabelArray, half: _Half, inside: _Compartments, grey: LabelArray
) -> None:
    free = inside.cerebellum & (labels == 0)
    white = free & (half.wm > half.gm) & (half.fluid < 0.5)
    cortex = free & ~white & (half.gm >= _GREY_SHARE)
    labels[cortex] = grey[cortex]
    labels[white & (half.axes[0] < 0)[:, None, None]] = region_index("White_Matter_Cerebellum_L")


def _add_cortex(labels: LabelArray, half: _Half, inside: _Compartments, grey: LabelArray) -> None:
    """Grey voxels away from the ventricles' rim and the deep core take a cortical region."""
    cortex = inside.supratentorial & (labels == 0) & (half.axes[0] < 0)[:, None, None]
    cortex &= (half.gm >= _GREY_SHARE) & (half.gm > half.wm)
    ventricle = labels == region_index("Lateral_Ventricle_L")
    size_mm = half.grid.voxel_size_mm
    cortex &= measure_distance(ventricle, voxel_size_mm=size_mm, limit_mm=_RIM_MM) > _RIM_MM
    _, core = find_deepest_tube(half.points(cortex), list(shapes.DEEP_CORE.values()))
    cortex[cortex] = core > 0
    labels[cortex] = grey[cortex]


def _add_white_matter(
    labels: LabelArray, half: _Half, inside: _Compartments, white: LabelArray
) -> None:
    where = inside.supratentorial & (labels == 0) & (half.wm >= 0.5)
    medial = where & (-half.axes[0] <= shapes.CORPUS_CALLOSUM_HALF_WIDTH)[:, None, None]
    flat = half.points(medial) * np.array([0.0, 1.0, 1.0])
    callosal = find_deepest_tube(flat, [shapes.CORPUS_CALLOSUM])[1] <= 0
    labels[where] = white[where]
    labels[medial] = np.where(callosal, region_index("Corpus_Callosum"), labels[medial])


def _keep_one_piece(labels: LabelArray, grid: Grid) -> LabelArray:
    """Keep the largest piece of each region; other pieces go to the nearest like region."""
    groups: dict[str, list[int]] = {}
    for region in REGIONS:
        groups.setdefault(region.group, []).append(region.index)
    kept = labels.copy()
    for index in np.unique(labels[labels > 0]):
        kept[_stray(labels == index)] = 0
    for members in groups.values():
        where = np.isin(labels, members) & (kept == 0)
        own = np.where(np.isin(kept, members), kept, 0)
        kept[where] = spread_labels(own, where, voxel_size_mm=grid.voxel_size_mm)[where]
    return kept


def _stray(region: MaskArray) -> MaskArray:
    box = crop_box(region)
    stray = np.zeros_like(region)
    stray[box] = label_components(region[box], connectivity=6) > 1
    return stray


def _mirror(half: LabelArray) -> LabelArray:
    """Put the right side beside the left one; the midline plane holds midline regions only."""
    swap = np.arange(len(REGIONS) + 1, dtype=np.int32)
    midline = np.zeros(len(REGIONS) + 1, dtype=bool)
    for region in REGIONS:
        swap[region.index] += region.hemisphere == "left"
        midline[region.index] = region.hemisphere == "midline"
    plane = np.where(midline[half[-1:]], half[-1:], 0)
    return np.concatenate([half[:-1], plane, swap[half[:-1]][::-1]])
