"""What changed between two visits as a report shows it: table, sums by kind, pictures of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mslens.core.volume import Volume
from mslens.image.location import LOCATIONS
from mslens.io.nifti import load_volume
from mslens.plot import palette
from mslens.plot.mosaic import Overlay, Tile
from mslens.plot.orientation import CUT_AXIS, reorient_to_ras
from mslens.plot.slices import loaded_slices, spread_slices
from mslens.report.pictures import Picture, PictureStyle, draw_sheet
from mslens.report.session import HALFWAY_ROLES, show_inside
from mslens.report.tables import OTHER_LOCATION, read_number, read_rows

#: Kinds in the order of the page; the label of each in the map of changes follows from it.
CHANGE_KINDS = ("new", "enlarging", "shrinking")
_COLOURS = dict(enumerate((palette.CHANGES[kind] for kind in CHANGE_KINDS), start=1))
_GAP_MM = 5.0
_TRIM = 0.2


@dataclass(frozen=True)
class Change:
    """One row of the table of changes.

    Parameters
    ----------
    number : int
    kind : str
        One of `CHANGE_KINDS`.
    volume_ml : float
    location : str
    centre_mm : (float, float, float) or None
        In the later visit's world, RAS+.
    confidence : float or None
        0 to 1.
    """

    number: int
    kind: str
    volume_ml: float
    location: str
    centre_mm: tuple[float, float, float] | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class KindLoad:
    """Number and volume of the changes of a kind."""

    kind: str
    count: int
    volume_ml: float


def read_changes(path: Path) -> list[Change]:
    """Read the table of changes.

    Raises
    ------
    TableError
        If the file cannot be read or a needed column is missing.
    """
    found = []
    for row in read_rows(path, needed=("change", "kind", "volume_ml", "location")):
        number, volume = read_number(row, "change"), read_number(row, "volume_ml")
        if row["kind"] not in CHANGE_KINDS or number is None or volume is None:
            continue
        x, y, z = (read_number(row, f"{axis}_mm") for axis in "xyz")
        found.append(
            Change(
                number=round(number),
                kind=row["kind"],
                volume_ml=volume,
                location=row["location"] if row["location"] in LOCATIONS else OTHER_LOCATION,
                centre_mm=None if x is None or y is None or z is None else (x, y, z),
                confidence=read_number(row, "confidence"),
            )
        )
    return found


def sum_by_kind(changes: Sequence[Change]) -> list[KindLoad]:
    """Count and add up changes by kind, every kind named even when there is none."""
    loads = []
    for kind in CHANGE_KINDS:
        volumes = [change.volume_ml for change in changes if change.kind == kind]
        loads.append(KindLoad(kind, len(volumes), float(sum(volumes))))
    return loads


def draw_changes(files: Mapping[str, Path], style: PictureStyle) -> list[Picture]:
    """Draw the same slices of both visits with the changes; nothing where an image is missing.

    Parameters
    ----------
    files : mapping of str to Path
        Holds `HALFWAY_ROLES`.
    style : PictureStyle

    Raises
    ------
    ImageError
        If an image cannot be read or the images are not on one grid.
    """
    if not all(role in files and files[role].exists() for role in HALFWAY_ROLES):
        return []
    mask = reorient_to_ras(load_volume(files["halfway_mask"], kind="mask"))
    changes = reorient_to_ras(load_volume(files["halfway_changes"], kind="label"))
    tiles = _choose_tiles(mask, changes, style.columns)
    overlay = Overlay(changes.data, _COLOURS, width=1.0)
    legend = tuple((palette.CHANGES[kind], kind) for kind in CHANGE_KINDS)
    drawn = []
    for role, title, caption, overlays in (
        ("halfway_earlier", "FLAIR of the visit before", "", ()),
        (
            "halfway_later",
            "FLAIR of this visit with what changed",
            "The same slices of both visits, half-way between them, from below upwards.",
            (overlay,),
        ),
    ):
        image = reorient_to_ras(load_volume(files[role]))
        mask.grid.require_close(image.grid, ours="the brain mask", theirs="the FLAIR")
        shown = show_inside(image, mask, margin_mm=0)
        content = draw_sheet(shown, tiles, mask, overlays, style=style)
        key = role.replace("_", "-")
        drawn.append(Picture(key, title, caption, legend if overlays else (), content))
    return drawn


def _choose_tiles(mask: Volume, changes: Volume, count: int) -> list[Tile]:
    """Slices with the largest changes, filled up with others where few changed."""
    spacing = mask.grid.voxel_size_mm[CUT_AXIS["axial"]]
    chosen = loaded_slices(
        (changes.data > 0) & mask.data, "axial", count, spacing_mm=spacing, gap_mm=_GAP_MM
    )
    for index in spread_slices(mask.data, "axial", count, trim=_TRIM):
        if len(chosen) < count and all(abs(index - c) * spacing >= _GAP_MM for c in chosen):
            chosen.append(index)
    return [Tile("axial", index) for index in sorted(chosen)]
