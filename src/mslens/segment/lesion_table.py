"""One row per lesion: volume, place, distances, extent and contrast to the tissue around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field
from scipy import ndimage

from mslens.core.arrays import Array, LabelArray, Spacing
from mslens.core.grid import Grid
from mslens.core.settings import Settings
from mslens.core.transform import TransformChain
from mslens.image.chain import transform_points
from mslens.image.components import Connectivity, count_voxels
from mslens.image.crop import crop_box
from mslens.image.location import (
    LOCATIONS,
    LocationSettings,
    Neighbourhood,
    classify_locations,
)
from mslens.io.tables import ColumnDescription
from mslens.segment.nawm import NawmSettings

LESION_COLUMNS = {
    "lesion": ColumnDescription("Number of the lesion in the map of instances, largest first"),
    "volume_ml": ColumnDescription("Volume", units="ml"),
    "voxels": ColumnDescription("Number of voxels"),
    "x_mm": ColumnDescription("Centre, to the right", units="mm"),
    "y_mm": ColumnDescription("Centre, to the front", units="mm"),
    "z_mm": ColumnDescription("Centre, upwards", units="mm"),
    "location": ColumnDescription(
        "First class that fits", levels={name: name.replace("-", " ") for name in LOCATIONS}
    ),
    "ventricle_distance_mm": ColumnDescription(
        "Closest voxel to the lateral ventricles", units="mm"
    ),
    "cortex_distance_mm": ColumnDescription("Closest voxel to the cerebral cortex", units="mm"),
    "extent_mm": ColumnDescription("Longest extent", units="mm"),
    "contrast": ColumnDescription(
        "FLAIR intensity over that of the normal white matter around, less 1 (of the reference"
        " image where there is no FLAIR beside it)"
    ),
    "t1w_contrast": ColumnDescription("T1w intensity over that of the white matter, less 1"),
    "template_x_mm": ColumnDescription("Centre in template space, to the right", units="mm"),
    "template_y_mm": ColumnDescription("Centre in template space, to the front", units="mm"),
    "template_z_mm": ColumnDescription("Centre in template space, upwards", units="mm"),
}
#: Directions in which the extent is measured: the longest is found within 0.5%.
_N_DIRECTIONS = 400


class LesionTableSettings(Settings):
    """What counts as one lesion and as the tissue around it.

    Parameters
    ----------
    connectivity : {6, 18, 26}
        Neighbours that join lesion voxels.
    location : LocationSettings
        Margins and shares of the location rule.
    gap_mm : float
        Normal white matter around a lesion is taken from this distance on.
    ring_mm : float
        Normal white matter around a lesion is taken up to this distance.
    min_ring_voxels : int
        With fewer voxels around a lesion, all normal white matter is taken instead.
    nawm : NawmSettings
        What counts as normal white matter.
    """

    connectivity: Connectivity = 26
    location: LocationSettings = LocationSettings()
    gap_mm: float = Field(default=2.0, ge=0)
    ring_mm: float = Field(default=8.0, gt=0)
    min_ring_voxels: int = Field(default=30, ge=1)
    nawm: NawmSettings = NawmSettings()


@dataclass(frozen=True)
class LesionImages:
    """Images in which the contrast of lesions is measured, all of shape (x, y, z).

    Parameters
    ----------
    contrasts : mapping of str to ndarray
        Column name, such as ``"t1w_contrast"``, to image.
    white : ndarray of bool
        Normal white matter: no lesion in it.
    """

    contrasts: Mapping[str, Array]
    white: Array


def tabulate_lesions(
    instances: LabelArray,
    near: Neighbourhood,
    images: LesionImages,
    *,
    grid: Grid,
    settings: LesionTableSettings,
) -> pd.DataFrame:
    """Describe every lesion.

    Parameters
    ----------
    instances : ndarray of int, shape (x, y, z)
        0 outside, 1 ... n for the lesions, the largest first.
    near : Neighbourhood
        What the location is judged by.
    images : LesionImages
    grid : Grid
    settings : LesionTableSettings

    Returns
    -------
    DataFrame, n rows
        ``lesion``, ``volume_ml``, ``voxels``, ``x_mm``, ``y_mm``, ``z_mm`` (world of the image),
        ``location``, ``ventricle_distance_mm``, ``cortex_distance_mm`` (closest voxel; NaN where
        there is none), ``extent_mm`` and each key of the contrasts, the lesion's mean over that
        of the white matter around it, less 1.
    """
    voxels = count_voxels(instances)
    count = len(voxels)
    table = pd.DataFrame({"lesion": np.arange(1, count + 1)})
    table["volume_ml"] = voxels * grid.voxel_volume_ml
    table["voxels"] = voxels
    points = lesion_points(instances, grid)
    centres = np.array([own.mean(axis=0) for own in points]).reshape(count, 3)
    for axis, name in enumerate("xyz"):
        table[f"{name}_mm"] = centres[:, axis]
    table["location"] = classify_locations(instances, near, settings.location)
    for name, away in (
        ("ventricle", near.ventricle_distance_mm),
        ("cortex", near.cortex_distance_mm),
    ):
        closest = np.full(count + 1, np.inf)
        np.minimum.at(closest, instances[instances > 0], away[instances > 0])
        table[f"{name}_distance_mm"] = np.where(np.isfinite(closest), closest, np.nan)[1:]
    table["extent_mm"] = [measure_extent(own) + min(grid.voxel_size_mm) for own in points]
    for name, ratio in _contrasts(instances, images, grid.voxel_size_mm, settings).items():
        table[name] = ratio
    return table


def add_template_places(table: pd.DataFrame, chain: TransformChain) -> pd.DataFrame:
    """Add the centres of the lesions in template space.

    Parameters
    ----------
    table : DataFrame
        From `tabulate_lesions`.
    chain : sequence of transforms
        Points of the image to points of the template.

    Returns
    -------
    DataFrame
        With ``template_x_mm``, ``template_y_mm``, ``template_z_mm``.
    """
    centres = table[["x_mm", "y_mm", "z_mm"]].to_numpy(dtype=float)
    moved = transform_points(centres, chain) if len(centres) else centres
    return table.assign(**{f"template_{name}_mm": moved[:, a] for a, name in enumerate("xyz")})


def lesion_points(instances: LabelArray, grid: Grid) -> list[npt.NDArray[np.float64]]:
    """Return the world coordinates (mm) of the voxels of each lesion, shape (n, 3) each."""
    where = np.argwhere(instances > 0)
    label = instances[instances > 0]
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=1)[1:])
    return np.split(grid.to_world(where[order]), ends[:-1]) if len(ends) else []


def measure_extent(points_mm: Array) -> float:
    """Measure the longest extent of a set of points.

    Parameters
    ----------
    points_mm : ndarray, shape (n, 3)

    Returns
    -------
    float
        Largest width (mm) over directions spread evenly over the sphere.
    """
    steps = np.arange(_N_DIRECTIONS) + 0.5
    height = 1 - steps / _N_DIRECTIONS
    turn = np.pi * (1 + np.sqrt(5)) * steps
    flat = np.sqrt(1 - height**2)
    directions = np.stack([flat * np.cos(turn), flat * np.sin(turn), height])
    low, high = np.full(_N_DIRECTIONS, np.inf), np.full(_N_DIRECTIONS, -np.inf)
    for part in np.array_split(points_mm, max(1, len(points_mm) // 10_000)):
        projected = part @ directions
        low, high = np.minimum(low, projected.min(axis=0)), np.maximum(high, projected.max(axis=0))
    return float((high - low).max())


def _contrasts(
    instances: LabelArray,
    images: LesionImages,
    voxel_size_mm: Spacing,
    settings: LesionTableSettings,
) -> dict[str, Array]:
    """Mean of each lesion over the mean of the white matter that it is the nearest lesion of."""
    count = int(instances.max(initial=0))
    if not count:
        return {name: np.empty(0) for name in images.contrasts}
    box = crop_box(instances, voxel_size_mm=voxel_size_mm, margin_mm=settings.ring_mm)
    lesions, white = instances[box], np.asarray(images.white)[box] != 0
    away, nearest = ndimage.distance_transform_edt(
        lesions == 0, sampling=voxel_size_mm, return_indices=True
    )
    ring = white & (away > settings.gap_mm) & (away <= settings.ring_mm)
    owner = lesions[tuple(axis[ring] for axis in nearest)]
    ring_size = np.bincount(owner, minlength=count + 1)[1:]
    inside = lesions > 0
    size = np.bincount(lesions[inside], minlength=count + 1)[1:]
    ratios = {}
    for name, image in images.contrasts.items():
        values = np.asarray(image)
        whole = values[np.asarray(images.white) != 0]
        overall = float(whole.mean()) if whole.size else float("nan")
        around = np.bincount(owner, weights=values[box][ring], minlength=count + 1)[1:]
        local = np.where(
            ring_size >= settings.min_ring_voxels, around / np.maximum(ring_size, 1), overall
        )
        own = np.bincount(lesions[inside], weights=values[box][inside], minlength=count + 1)[1:]
        ratios[name] = own / np.maximum(size, 1) / local - 1
    return ratios
