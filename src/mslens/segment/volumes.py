"""Volumes of one session as a long table: one row per measure and region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mslens.core.arrays import Array
from mslens.core.settings import Settings
from mslens.image.components import Connectivity
from mslens.image.location import LOCATIONS, Location, LocationSettings
from mslens.image.parcel_names import Region
from mslens.io.tables import ColumnDescription


class VolumeSettings(Settings):
    """What counts as one lesion, and where it is.

    Parameters
    ----------
    connectivity : {6, 18, 26}
        Neighbours that join lesion voxels; keep it equal to the lesion table's.
    location : LocationSettings
    """

    connectivity: Connectivity = 26
    location: LocationSettings = LocationSettings()


VOLUME_COLUMNS = {
    "measure": ColumnDescription("What was measured"),
    "region": ColumnDescription("Region or class of regions; n/a for the whole brain"),
    "index": ColumnDescription("Label of the region"),
    "hemisphere": ColumnDescription("left, right or midline"),
    "value": ColumnDescription("Value of the measure, in its unit"),
    "unit": ColumnDescription("ml, count or fraction"),
    "method": ColumnDescription("How it was measured"),
}
TISSUE_NAMES = ("csf", "gm", "wm")


@dataclass
class VolumeTable:
    """Collects measures; `frame` gives the table.

    Parameters
    ----------
    rows : list of dict
        What was added so far.
    """

    rows: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        measure: str,
        value: float,
        *,
        unit: str = "ml",
        method: str,
        region: Region | None = None,
        region_name: str | None = None,
    ) -> None:
        """Add one measure of the whole brain, of a region or of a class of regions."""
        self.rows.append(
            {
                "measure": measure,
                "region": region.name if region else region_name,
                "index": region.index if region else None,
                "hemisphere": region.hemisphere if region else None,
                "value": float(value),
                "unit": unit,
                "method": method,
            }
        )

    def frame(self) -> pd.DataFrame:
        """Return the measures as a table with `VOLUME_COLUMNS`."""
        return pd.DataFrame(self.rows, columns=list(VOLUME_COLUMNS))


def measure_tissue(table: VolumeTable, sums: Mapping[str, float], *, voxel_ml: float) -> None:
    """Add CSF, GM, WM, brain (GM + WM) and its share of all three.

    Parameters
    ----------
    table : VolumeTable
    sums : mapping of str to float
        ``csf``, ``gm`` and ``wm`` (lesions included): sum of the shares of all voxels.
    voxel_ml : float
    """
    method = "partial volumes of the tissue model; lesions count as white matter"
    for name in TISSUE_NAMES:
        table.add(name, sums[name] * voxel_ml, method=method)
    brain = (sums["gm"] + sums["wm"]) * voxel_ml
    total = brain + sums["csf"] * voxel_ml
    table.add("brain", brain, method="grey and white matter, partial volumes")
    if total > 0:
        table.add(
            "brain-parenchymal-fraction",
            brain / total,
            unit="fraction",
            method="brain / (brain + csf) inside the brain mask",
        )


def measure_regions(
    table: VolumeTable, parcels: Array, regions: Iterable[Region], *, voxel_ml: float, method: str
) -> None:
    """Add the volume of every region, 0 included, and of every group of regions.

    Parameters
    ----------
    table : VolumeTable
    parcels : ndarray of int, shape (x, y, z)
    regions : iterable of Region
    voxel_ml : float
    method : str
        Name of the parcellation.
    """
    described = list(regions)
    highest = max((region.index for region in described), default=0)
    counts = np.bincount(np.asarray(parcels).ravel(), minlength=highest + 1) * voxel_ml
    groups: dict[str, float] = {}
    for region in described:
        table.add("region", counts[region.index], method=method, region=region)
        groups[region.group] = groups.get(region.group, 0.0) + float(counts[region.index])
    for group, value in groups.items():
        table.add("group", value, method=method, region_name=group)


def measure_lesions(
    table: VolumeTable,
    volumes_ml: Sequence[float],
    locations: Sequence[Location],
    *,
    total_ml: float,
    method: str,
) -> None:
    """Add lesion load and count, in all and for each location class.

    Parameters
    ----------
    table : VolumeTable
    volumes_ml : sequence of float, length n
        Volume of each lesion.
    locations : sequence of str, length n
        Class of each lesion; empty when no parcels say where the lesions are.
    total_ml : float
        Volume of the whole lesion mask.
    method : str
    """
    table.add("lesion-load", total_ml, method=method)
    table.add("lesion-count", len(volumes_ml), unit="count", method=method)
    if len(locations) != len(volumes_ml):
        return
    for name in LOCATIONS:
        own = [v for v, where in zip(volumes_ml, locations, strict=True) if where == name]
        table.add("lesion-load", sum(own), method=method, region_name=name)
        table.add("lesion-count", len(own), unit="count", method=method, region_name=name)
