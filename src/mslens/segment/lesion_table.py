"""One row per lesion: volume, place, distances, extent and contrast to the tissue around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage

from mslens.core.arrays import Array, LabelArray, Spacing
from mslens.core.grid import Grid
from mslens.core.settings import Settings
from mslens.image.components import Connectivity, count_voxels
from mslens.image.crop import crop_box
from mslens.image.location import (
    LocationSettings,
    Neighbourhood,
    classify_locations,
)

#: Directions in which the extent is measured: the longest is found within 0.5%.
_N_DIRECTIONS = 400


class LesionTableSettings(Settings):
    """What counts as one lesion and as the tissue around it."""

    connectivity: Connectivity = 26
    location: LocationSettings = LocationSettings()
    #: Normal white matter around a lesion is taken between these distances.
    gap_mm: float = 2.0
    ring_mm: float = 8.0
    #: Fewer voxels than this around a lesion: all normal white matter is taken instead.
    min_ring_voxels: int = 30


@dataclass(frozen=True)
class LesionImages:
    """Images in which the contrast of lesions is measured, all of shape (x, y, z).

    Parameters
    ----------
    contrasts : mapping of str to ndarray
        Contrast name, such as ``"flair"``, to image.
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
        there is none), ``extent_mm`` and for each contrast ``<name>_contrast``, the lesion's
        mean over that of the white matter around it, less 1.
    """
    voxels = count_voxels(instances)
    count = len(voxels)
    table = pd.DataFrame({"lesion": np.arange(1, count + 1)})
    table["volume_ml"] = voxels * grid.voxel_volume_ml
    table["voxels"] = voxels
    centres = np.array([points.mean(axis=0) for points in lesion_points(instances, grid)]).reshape(
        count, 3
    )
    for axis, name in enumerate("xyz"):
        table[f"{name}_mm"] = centres[:, axis]
    table["location"] = classify_locations(instances, near, settings.location)
    index = np.arange(1, count + 1)
    for name, away in (
        ("ventricle", near.ventricle_distance_mm),
        ("cortex", near.cortex_distance_mm),
    ):
        closest = np.asarray(ndimage.minimum(away, instances, index), dtype=float)
        table[f"{name}_distance_mm"] = np.where(np.isfinite(closest), closest, np.nan)
    table["extent_mm"] = [measure_extent(own) + min(grid.voxel_size_mm) for own in points]
    for name, ratio in _contrasts(instances, images, grid.voxel_size_mm, settings).items():
        table[f"{name}_contrast"] = ratio
    return table


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
