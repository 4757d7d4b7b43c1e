"""The built-in parcellation in template space: "approximate, not AAL".

Each side is a weighted Voronoi diagram: a voxel of the right tissue takes the region whose tube
it lies deepest in, argmin_r d_r(p) with d_r of `mslens.image.tubes`, within the compartment
(cerebrum, cerebellum, brainstem) that stated surfaces of the template bound. The left half is
computed and mirrored, so both sides are exactly alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import interpolate

from mslens.core.arrays import Array, LabelArray, MaskArray
from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.image import parcel_shapes as shapes
from mslens.image.components import label_components
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance, spread_labels
from mslens.image.outline import fill_outline
from mslens.image.parcel_names import CEREBRAL, REGIONS, WHITE_LOBES, region_index
from mslens.image.tubes import Tube, measure_tube_distance

#: GM, WM and fluid are told apart where one of them fills this share of a voxel.
_FLUID = 0.4


@dataclass(frozen=True)
class _Half:
    """The template's left half with the midline plane, x <= 0."""

    gm: npt.NDArray[np.float32]
    wm: npt.NDArray[np.float32]
    brain: MaskArray
    grid: Grid

    def points(self, where: MaskArray) -> npt.NDArray[np.float64]:
        return self.grid.to_world(np.argwhere(where))

    @property
    def fluid(self) -> npt.NDArray[np.float32]:
        return np.where(self.brain, np.clip(1 - self.gm - self.wm, 0, 1), 0).astype(np.float32)


def build_parcels(gm: Array, wm: Array, brain: Array, *, grid: Grid) -> LabelArray:
    """Build the label map of the built-in parcellation on the template's grid.

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
    ndarray, shape (x, y, z), int32
        Indices of `mslens.image.parcel_names.REGIONS`, 0 elsewhere.

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
    labels = np.zeros(half.brain.shape, dtype=np.int32)
    inside = _Compartments.of(half)
    _add_ventricles(labels, half, inside)
    _add_brainstem(labels, half, inside)
    _add_nuclei(labels, half, inside)
    _add_cerebellum(labels, half, inside)
    _add_cortex(labels, half, inside)
    _add_white_matter(labels, half, inside)
    return _mirror(_keep_one_piece(labels, half.grid))


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
        x, y, z = _axes(half.grid)
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


def _axes(grid: Grid) -> list[npt.NDArray[np.float64]]:
    return [
        grid.affine[axis, axis] * np.arange(grid.shape[axis]) + grid.affine[axis, 3]
        for axis in range(3)
    ]


def _deepest(
    half: _Half, where: MaskArray, tubes: Mapping[str, Tube]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    """Return for every voxel of `where` the number of the deepest tube and its distance."""
    points = half.points(where).astype(np.float32)
    best = np.full(len(points), np.inf, dtype=np.float32)
    winner = np.zeros(len(points), dtype=np.int32)
    for number, tube in enumerate(tubes.values()):
        away = measure_tube_distance(points, tube)
        closer = away < best
        best[closer], winner[closer] = away[closer], number
    return winner, best


def _fill(
    labels: LabelArray, half: _Half, where: MaskArray, tubes: Mapping[str, Tube], suffix: str = ""
) -> None:
    winner, _ = _deepest(half, where, tubes)
    index = np.array([region_index(name + suffix) for name in tubes], dtype=np.int32)
    labels[where] = index[winner]


def _add_ventricles(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    x, y, z = _axes(half.grid)
    fluid = half.fluid >= _FLUID
    for name, (outline, half_width), part in (
        ("Third_Ventricle", shapes.THIRD_VENTRICLE, inside.supratentorial | inside.brainstem),
        ("Fourth_Ventricle", shapes.FOURTH_VENTRICLE, inside.cerebellum | inside.brainstem),
    ):
        shape = fill_outline(outline, y, z)[None] & (-x <= half_width)[:, None, None]
        labels[shape & fluid & part] = region_index(name)
    candidate = fluid & inside.supratentorial & (labels == 0) & (x < 0)[:, None, None]
    found = np.zeros_like(candidate)
    for tube in shapes.LATERAL_VENTRICLE:
        _, away = _deepest(half, candidate, {"ventricle": tube})
        found[candidate] |= away <= 0
    labels[found] = region_index("Lateral_Ventricle_L")


def _add_brainstem(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    tissue = half.fluid < 0.5
    labels[inside.brainstem & tissue & (labels == 0)] = region_index("Brainstem")


def _add_nuclei(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    """Grey voxels of the nuclei; thalamus and pallidum hold much white matter in the maps."""
    where = inside.supratentorial & (half.fluid < 0.5) & (labels == 0)
    where &= (_axes(half.grid)[0] < 0)[:, None, None]
    winner, away = _deepest(half, where, shapes.NUCLEI)
    names = list(shapes.NUCLEI)
    least_gm = np.array([0.1 if name in ("Thalamus", "Pallidum") else 0.4 for name in names])
    index = np.array([region_index(f"{name}_L") for name in names], dtype=np.int32)
    kept = (away <= 0) & (half.gm[where] >= least_gm[winner])
    labels[where] = np.where(kept, index[winner], 0)


def _add_cerebellum(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    free = inside.cerebellum & (labels == 0)
    white = free & (half.wm > half.gm) & (half.fluid < 0.5)
    grey = free & ~white & (half.gm >= 0.3)
    near = (-_axes(half.grid)[0] <= shapes.VERMIS_HALF_WIDTH)[:, None, None]
    side = (_axes(half.grid)[0] < 0)[:, None, None]
    _fill(labels, half, grey & near, shapes.VERMIS)
    _fill(labels, half, grey & ~near, shapes.CEREBELLUM, "_L")
    labels[white & side] = region_index("White_Matter_Cerebellum_L")


def _add_cortex(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    """Grey voxels away from the ventricles' rim and the deep core take a cortical region."""
    free = inside.supratentorial & (labels == 0)
    free &= (_axes(half.grid)[0] < 0)[:, None, None]
    grey = free & (half.gm >= 0.3) & (half.gm > half.wm)
    ventricle = labels == region_index("Lateral_Ventricle_L")
    rim = measure_distance(ventricle, voxel_size_mm=half.grid.voxel_size_mm, limit_mm=3.5) <= 3.5
    grey &= ~rim
    _, core = _deepest(half, grey, shapes.DEEP_CORE)
    grey[grey] = core > 0
    _fill(labels, half, grey, shapes.CORTEX, "_L")


def _add_white_matter(labels: LabelArray, half: _Half, inside: _Compartments) -> None:
    white = inside.supratentorial & (labels == 0) & (half.wm >= 0.5)
    x = -_axes(half.grid)[0][:, None, None]
    medial = white & (x <= shapes.CORPUS_CALLOSUM_HALF_WIDTH)
    flat = half.points(medial) * np.array([0.0, 1.0, 1.0])
    callosal = measure_tube_distance(flat, shapes.CORPUS_CALLOSUM) <= 0
    labels[medial] = np.where(callosal, region_index("Corpus_Callosum"), 0)
    rest = white & (labels == 0) & (x > 0)
    lobe_of = {name: lobe for name, _, lobe in CEREBRAL}
    tubes = {name: tube for name, tube in shapes.CORTEX.items() if lobe_of[name] in WHITE_LOBES}
    winner, _ = _deepest(half, rest, tubes)
    index = [region_index(f"White_Matter_{lobe_of[name].capitalize()}_L") for name in tubes]
    labels[rest] = np.array(index, dtype=np.int32)[winner]


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


def group_mask(labels: Array, groups: Mapping[int, str], wanted: Iterable[str]) -> MaskArray:
    """Say where a label map holds a region of the wanted groups.

    Parameters
    ----------
    labels : ndarray of int, shape (x, y, z)
    groups : mapping of int to str
        Group of each label.
    wanted : iterable of str

    Returns
    -------
    ndarray, shape (x, y, z), bool
    """
    names = set(wanted)
    return np.isin(labels, [index for index, group in groups.items() if group in names])
