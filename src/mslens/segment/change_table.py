"""One row per new, enlarging or shrinking lesion: kind, volume, place, confidence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mslens.core.grid import Grid
from mslens.core.transform import TransformChain
from mslens.image.chain import transform_points
from mslens.image.components import count_voxels
from mslens.image.location import LOCATIONS, LocationSettings, Neighbourhood, classify_locations
from mslens.io.tables import ColumnDescription
from mslens.segment.lesion_change import LesionChanges
from mslens.segment.lesion_table import lesion_points

CHANGE_COLUMNS = {
    "change": ColumnDescription("Number of the change in the map of instances"),
    "kind": ColumnDescription(
        "What changed since the visit before",
        levels={
            "new": "growth that touches no lesion of the visit before, or a speck of one",
            "enlarging": "growth that touches a lesion of the visit before",
            "shrinking": "lesion of the visit before that is normal tissue now",
        },
    ),
    "volume_ml": ColumnDescription("Volume that changed", units="ml"),
    "voxels": ColumnDescription("Number of voxels of the half-way grid"),
    "x_mm": ColumnDescription("Centre in the later visit, to the right", units="mm"),
    "y_mm": ColumnDescription("Centre in the later visit, to the front", units="mm"),
    "z_mm": ColumnDescription("Centre in the later visit, upwards", units="mm"),
    "location": ColumnDescription(
        "First class that fits", levels={name: name.replace("-", " ") for name in LOCATIONS}
    ),
    "difference": ColumnDescription("Mean of later less earlier FLAIR, in units of normal tissue"),
    "confidence": ColumnDescription(
        "Mean posterior of the change over its voxels, 0 to 1; not calibrated"
    ),
}


def tabulate_changes(
    changes: LesionChanges,
    near: Neighbourhood,
    *,
    grid: Grid,
    to_later: TransformChain,
    location: LocationSettings,
) -> pd.DataFrame:
    """Describe every change.

    Parameters
    ----------
    changes : LesionChanges
    near : Neighbourhood
        What the location is judged by, on the half-way grid.
    grid : Grid
        Half-way grid.
    to_later : sequence of transforms
        Points of the half-way space to points of the later visit.
    location : LocationSettings

    Returns
    -------
    DataFrame, n rows
        Columns of `CHANGE_COLUMNS`.
    """
    voxels = count_voxels(changes.instances)
    count = len(changes.kinds)
    centres = np.array(
        [points.mean(axis=0) for points in lesion_points(changes.instances, grid)]
    ).reshape(count, 3)
    moved = transform_points(centres, to_later) if count else centres
    owner = changes.instances[changes.instances > 0]
    rise = changes.subtraction[changes.instances > 0]
    total = np.bincount(owner, weights=rise, minlength=count + 1)[1:]
    return pd.DataFrame(
        {
            "change": np.arange(1, count + 1),
            "kind": list(changes.kinds),
            "volume_ml": voxels * grid.voxel_volume_ml,
            "voxels": voxels,
            **{f"{name}_mm": moved[:, axis] for axis, name in enumerate("xyz")},
            "location": classify_locations(changes.instances, near, location),
            "difference": total / np.maximum(voxels, 1),
            "confidence": list(changes.confidence),
        }
    )
