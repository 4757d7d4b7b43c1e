"""The truth of one visit as images and tables on the grid of its T1w, named as derivatives are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from mslens.core.arrays import Array, LabelArray, MaskArray
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform
from mslens.core.volume import Kind, Volume
from mslens.image.components import count_voxels, label_components
from mslens.image.crop import crop_box
from mslens.image.distance import measure_distance
from mslens.image.jacobian import measure_log_jacobian
from mslens.image.location import LocationSettings, Neighbourhood, classify_locations
from mslens.image.parcel_names import REGIONS, Group
from mslens.image.resample import resample
from mslens.io.tables import ColumnDescription
from mslens.simulate.acquire import sample_slices
from mslens.simulate.acquisition_grid import Slices
from mslens.simulate.visit import Scan, Scene

FloatMap = npt.NDArray[np.float32]

#: Probabilities are rounded to this step, so that they compress.
_STEP = 1 / 256
_MARGIN_MM = 6.0
#: Values of the map of changes since the visit before.
NEW, ENLARGED = 1, 2

LESION_COLUMNS = {
    "lesion": ColumnDescription("Number of the lesion in the map of instances, largest first"),
    "volume_ml": ColumnDescription("Volume", units="ml"),
    "voxels": ColumnDescription("Number of voxels"),
    "x_mm": ColumnDescription("Centre, to the right", units="mm"),
    "y_mm": ColumnDescription("Centre, to the front", units="mm"),
    "z_mm": ColumnDescription("Centre, upwards", units="mm"),
    "location": ColumnDescription("First class that fits"),
    "new_ml": ColumnDescription("Volume that is new since the visit before", units="ml"),
}
VOLUME_COLUMNS = {
    "measure": ColumnDescription("What is true of the anatomy"),
    "region": ColumnDescription("Region; n/a for the whole brain"),
    "value": ColumnDescription("Value, from partial volumes, before any image"),
    "unit": ColumnDescription("ml or count"),
}


@dataclass(frozen=True, eq=False)
class VisitTruth:
    """What is true of one visit.

    Parameters
    ----------
    volumes : mapping of (entities and suffix) to Volume
        Keys as ``"label-lesion_mask"``; all on the T1w's grid but the log-Jacobian, which is in
        template space.
    lesions, measures : DataFrame
        One row per lesion; one row per volume.
    """

    volumes: dict[str, Volume]
    lesions: pd.DataFrame
    measures: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _TargetGrid:
    """How maps of the anatomy get onto the grid of the T1w."""

    grid: Grid
    slices: Slices
    is_same: bool

    def share(self, scene: Scene, values: FloatMap) -> FloatMap:
        if self.is_same:
            return values
        identity = AffineTransform(np.eye(4))
        return sample_slices(values, scene.grid, self.slices, identity)

    def labels(self, scene: Scene, values: LabelArray) -> LabelArray:
        if self.is_same:
            return values
        moved = resample(Volume(values, scene.grid, "label"), self.grid, interpolation="nearest")
        return np.asarray(moved.data)


def describe_truth(scene: Scene, t1w: Scan, *, previous_lesion: FloatMap | None) -> VisitTruth:
    """Collect the truth of one visit.

    Parameters
    ----------
    scene : Scene
    t1w : Scan
        Its slices are the grid of the truth.
    previous_lesion : ndarray, shape (m,), float32, optional
        Share of each brain voxel of this scene that was lesion at the visit before.

    Returns
    -------
    VisitTruth
    """
    plain = Slices(t1w.slices.grid, t1w.slices.sub_slices, 1)
    target = _TargetGrid(plain.grid, plain, plain.grid.is_close(scene.grid))

    def spread(values: FloatMap) -> FloatMap:
        return _rounded(target.share(scene, scene.dense(values)))

    brain = scene.brain
    inside = spread(brain.inside)
    tissue = {"CSF": brain.fluid, "GM": brain.gm, "WM": brain.wm}
    maps = {name: spread(values) for name, values in tissue.items()}
    lesion = spread(scene.lesion)
    mask = lesion >= 0.5
    parcels = target.labels(scene, scene.parcels)
    instances = label_components(mask)
    volumes: dict[str, tuple[Array, Kind]] = {
        "desc-brain_mask": (inside >= 0.5, "mask"),
        "desc-tissue_dseg": (_label_tissue(maps, inside), "label"),
        "desc-parcels_dseg": (parcels, "label"),
        "label-lesion_probseg": (lesion, "scalar"),
        "label-lesion_mask": (mask, "mask"),
        "desc-instances_dseg": (instances, "label"),
        **{f"label-{name}_probseg": (values, "scalar") for name, values in maps.items()},
    }
    new = np.zeros_like(mask)
    if previous_lesion is not None:
        gained = mask & (spread(previous_lesion) < 0.5)
        new = gained & (spread(scene.new_lesion) >= 0.5)
        enlarged = gained & ~new
        changes = np.where(new, NEW, np.where(enlarged, ENLARGED, 0)).astype(np.int32)
        volumes["desc-changes_dseg"] = (changes, "label")
    grid = target.grid
    return VisitTruth(
        volumes={name: Volume(data, grid, kind) for name, (data, kind) in volumes.items()}
        | {"desc-logjacobian_T1w": measure_log_jacobian(scene.deformation.to_template)},
        lesions=_describe_lesions(instances, new, parcels, grid),
        measures=_measure(scene, mask, grid, int(instances.max(initial=0))),
    )


def _rounded(values: FloatMap) -> FloatMap:
    return np.asarray(np.rint(values / np.float32(_STEP)) * np.float32(_STEP), dtype=np.float32)


def _label_tissue(maps: dict[str, FloatMap], inside: FloatMap) -> LabelArray:
    best = np.zeros(inside.shape, dtype=np.float32)
    label = np.zeros(inside.shape, dtype=np.int32)
    for number, name in enumerate(("CSF", "GM", "WM"), start=1):
        higher = (maps[name] > best) & (inside >= 0.5)
        label[higher] = number
        best = np.where(higher, maps[name], best)
    return label


def _describe_lesions(
    instances: LabelArray, new: MaskArray, parcels: LabelArray, grid: Grid
) -> pd.DataFrame:
    count = count_voxels(instances)
    where = np.flatnonzero(instances)
    label = instances.ravel()[where] - 1
    index = np.stack(np.unravel_index(where, grid.shape), axis=-1)
    sums = [np.bincount(label, weights=index[:, a], minlength=len(count)) for a in range(3)]
    centre = grid.to_world(np.stack(sums, axis=-1) / np.maximum(count, 1)[:, None])
    fresh = np.bincount(label, weights=new.ravel()[where], minlength=len(count))
    near = _neighbourhood(parcels, instances, grid)
    return pd.DataFrame(
        {
            "lesion": np.arange(1, len(count) + 1),
            "volume_ml": count * grid.voxel_volume_ml,
            "voxels": count,
            "x_mm": centre[:, 0],
            "y_mm": centre[:, 1],
            "z_mm": centre[:, 2],
            "location": classify_locations(instances, near, LocationSettings()),
            "new_ml": fresh * grid.voxel_volume_ml,
        }
    )


def _neighbourhood(parcels: LabelArray, instances: LabelArray, grid: Grid) -> Neighbourhood:
    size = grid.voxel_size_mm
    box = crop_box(instances, voxel_size_mm=size, margin_mm=_MARGIN_MM)

    def within(*groups: Group) -> MaskArray:
        return np.isin(parcels, [region.index for region in REGIONS if region.group in groups])

    def away(group: Group) -> FloatMap:
        whole = np.full(parcels.shape, np.float32(np.inf))
        whole[box] = measure_distance(within(group)[box], voxel_size_mm=size, limit_mm=_MARGIN_MM)
        return whole

    return Neighbourhood(
        ventricle_distance_mm=away("lateral-ventricle"),
        cortex_distance_mm=away("cortex"),
        infratentorial=within("brainstem", "cerebellum", "cerebellar-white-matter"),
        deep_grey=within("deep-grey-matter"),
    )


def _measure(scene: Scene, mask: MaskArray, grid: Grid, n_lesions: int) -> pd.DataFrame:
    """Volumes from the partial volumes on the anatomy's grid, the lesions' from their mask."""
    ml = scene.grid.voxel_volume_ml
    brain = scene.brain
    rows: list[tuple[str, str | None, float, str]] = [
        (name, None, float(values.sum(dtype=np.float64)) * ml, "ml")
        for name, values in (
            ("csf", brain.fluid), ("gm", brain.gm), ("wm", brain.wm),
            ("brain", brain.gm + brain.wm), ("intracranial", brain.inside),
        )
    ]  # fmt: skip
    label = scene.parcels.ravel()[brain.where]
    tissue = np.bincount(label, weights=brain.gm + brain.wm, minlength=len(REGIONS) + 1)
    fluid = np.bincount(label, weights=brain.fluid, minlength=len(REGIONS) + 1)
    for region in REGIONS:
        held = fluid if "ventricle" in region.group else tissue
        rows.append(("region", region.name, float(held[region.index]) * ml, "ml"))
    load = float(scene.lesion.sum(dtype=np.float64)) * ml
    rows.append(("lesion-load", None, load, "ml"))
    rows.append(("lesion-load-mask", None, float(mask.sum()) * grid.voxel_volume_ml, "ml"))
    rows.append(("lesion-count", None, float(n_lesions), "count"))
    return pd.DataFrame(rows, columns=list(VOLUME_COLUMNS))
