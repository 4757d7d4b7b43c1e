"""The regions that streamlines end in: the built-in ones, or a user's atlas in template space."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mslens.core.errors import TableError
from mslens.core.volume import Volume
from mslens.image.parcel_names import REGIONS
from mslens.image.parcels import build_parcels
from mslens.io.files import read_bytes
from mslens.io.nifti import load_volume
from mslens.io.templates import Template


@dataclass(frozen=True, eq=False)
class Regions:
    """Regions in template space.

    Parameters
    ----------
    places : Volume of kind "label"
        1 to n in the order of `names`, 0 elsewhere.
    names : tuple of str
    labels : tuple of int
        Values in the label map that they come from.
    """

    places: Volume
    names: tuple[str, ...]
    labels: tuple[int, ...]


def built_in_regions(template: Template) -> Regions:
    """Return the built-in counterparts of the 116 AAL regions: "approximate, not AAL"."""
    grid = template.gm.grid
    built = build_parcels(template.gm.data, template.wm.data, template.brain.data, grid=grid)
    names = {region.index: region.name for region in REGIONS if region.in_aal116}
    return select_regions(Volume(built.labels, grid, "label"), names)


def load_regions(parcels: Path, table: Path | None) -> Regions:
    """Load a user's atlas.

    Parameters
    ----------
    parcels : Path
        Label map in template space.
    table : Path, optional
        Lines of "label name", separated by a tab, a comma or spaces; a line that does not begin
        with a number is a header or a comment. Without it regions are called by their labels.

    Raises
    ------
    ImageError, TableError
        If a file cannot be read, a label stands twice, or no label of the table is in the map.
    """
    volume = load_volume(parcels, kind="label")
    present = np.unique(volume.data)
    names = {int(label): f"region-{label}" for label in present if label > 0}
    if table is not None:
        stated = _read_names(table)
        names = {label: name for label, name in stated.items() if label in names}
        if not names:
            raise TableError(
                f"none of {len(stated)} labels is in the label map",
                where=table,
                expected="the names of this atlas",
            )
    return select_regions(volume, names)


def select_regions(volume: Volume, names: dict[int, str]) -> Regions:
    """Give the regions of a label map numbers from 1, in the order of their labels."""
    labels = sorted(names)
    number = np.zeros(int(max(volume.data.max(), labels[-1])) + 1, dtype=np.int32)
    number[labels] = np.arange(1, len(labels) + 1)
    places = number[np.maximum(volume.data, 0)]
    return Regions(
        Volume(places, volume.grid, "label"), tuple(names[i] for i in labels), tuple(labels)
    )


def _read_names(path: Path) -> dict[int, str]:
    names: dict[int, str] = {}
    for line in read_bytes(path, error=TableError).decode("utf-8-sig").splitlines():
        match = re.match(r"\s*(\d+)[\s,]+\"?([^\t,\"]+)", line)
        if match is None:
            continue
        label = int(match.group(1))
        if label in names:
            raise TableError(f"label {label} stands twice", where=path, expected="one name each")
        names[label] = match.group(2).split()[0] if " " in match.group(2) else match.group(2)
    if not names:
        raise TableError("it holds no label with a name", where=path, expected="lines '1 name'")
    return names
