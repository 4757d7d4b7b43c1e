"""The mosaics of a session: what they show, their legends, and their bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mslens.core.arrays import Array
from mslens.core.volume import Volume
from mslens.plot import palette
from mslens.plot.encode import to_jpeg
from mslens.plot.mosaic import Layout, Overlay, Tile, crop_around, draw_mosaic
from mslens.plot.orientation import CUT_AXIS, Plane, reorient_to_ras
from mslens.plot.slices import loaded_slices, spread_slices
from mslens.plot.window import robust_window
from mslens.report.session import SessionImages, show_inside, to_picture_box

WHITE_MATTER = 3
TISSUE_NAMES = {1: "cerebrospinal fluid", 2: "grey matter", 3: "white matter"}


@dataclass(frozen=True)
class Picture:
    """A mosaic with what a reader needs to read it.

    Parameters
    ----------
    key : str
        Stable name, e.g. ``"lesions"``.
    title, caption : str
    legend : tuple of (colour, text)
    content : str
        JPEG as base64.
    """

    key: str
    title: str
    caption: str
    legend: tuple[tuple[str, str], ...]
    content: str


@dataclass(frozen=True)
class PictureStyle:
    """How much is drawn.

    Parameters
    ----------
    tiles : int
        Slices per mosaic.
    columns : int
    pixel_mm : float
    margin_mm : float
        How far beyond the brain mask an image may be seen in the picture of the mask.
    """

    tiles: int = 12
    columns: int = 6
    pixel_mm: float = 0.75
    margin_mm: float = 6.0


@dataclass(frozen=True, eq=False)
class Template:
    """Edges of the template to be drawn over a subject in template space.

    Parameters
    ----------
    brain, white_matter : Volume of kind mask
        On one grid.
    """

    brain: Volume
    white_matter: Volume


@dataclass(frozen=True, eq=False)
class Album:
    """The images of a session in RAS order, in the one box that all its pictures share.

    Parameters
    ----------
    mask : Volume of kind mask
    images : mapping of str to Volume
        By role, whole (not yet masked).
    reference : str
        Name of the contrast of ``images["ref"]``.
    style : PictureStyle
    region_names : mapping of int to str
        Label of a parcel to its name.
    """

    mask: Volume
    images: Mapping[str, Volume]
    reference: str
    style: PictureStyle
    region_names: Mapping[int, str] = field(default_factory=dict)

    @property
    def finding(self) -> tuple[str, Volume] | None:
        """Name and image of the contrast that lesions are best seen on, inside the brain."""
        for role, name in (("flair", "FLAIR"), ("ref", self.reference)):
            if role in self.images:
                return name, show_inside(self.images[role], self.mask, margin_mm=0)
        return None


def open_album(
    images: SessionImages, style: PictureStyle, *, region_names: Mapping[int, str] | None = None
) -> Album | None:
    """Crop the images of a session for drawing; None when there is no usable brain mask."""
    if images.mask is None or images.brain is None:
        return None
    whole = reorient_to_ras(images.mask)
    box = crop_around(whole.data, whole.grid.voxel_size_mm, margin_mm=style.margin_mm)
    cropped = {role: to_picture_box(volume, box) for role, volume in images.images.items()}
    mask = to_picture_box(images.mask, box)
    return Album(mask, cropped, images.reference, style, region_names or {})


def draw_session(
    album: Album, template_image: Volume | None, template: Template | None
) -> list[Picture]:
    """Draw every mosaic that the images of a session allow, the most telling first."""
    drawn = [
        _draw_lesions(album),
        _draw_mask(album),
        _draw_coregistration(album),
        _draw_registration(album, template_image, template),
        _draw_tissue(album),
        _draw_parcels(album),
    ]
    return [picture for picture in drawn if picture is not None]


def draw_key_slices(album: Album, *, count: int = 4) -> Picture | None:
    """Draw the few slices that show the most lesions, for the top of the page."""
    if album.finding is None:
        return None
    name, image = album.finding
    tiles = _lesion_tiles(album, count, gap_mm=12.0)
    overlays, legend = _lesion_overlay(album)
    content = draw_sheet(image, tiles, album.mask, overlays, columns=count, style=album.style)
    which = "slices with the most lesions" if _has_lesions(album) else "evenly spread slices"
    return Picture("key", f"{name}, {which}", "", legend, content)


def _has_lesions(album: Album) -> bool:
    return "lesions" in album.images and bool(np.any(album.images["lesions"].data))


def _draw_lesions(album: Album) -> Picture | None:
    if album.finding is None or "lesions" not in album.images:
        return None
    name, image = album.finding
    overlays, legend = _lesion_overlay(album)
    tiles = _lesion_tiles(album, album.style.tiles, gap_mm=5.0)
    caption = f"Axial slices of the {name} with the largest lesion area, from below upwards."
    if not _has_lesions(album):
        caption = f"No lesion was segmented; evenly spread axial slices of the {name}."
    content = draw_sheet(image, tiles, album.mask, overlays, style=album.style)
    return Picture("lesions", f"Lesions on {name}", caption, legend, content)


def _draw_mask(album: Album) -> Picture | None:
    if "ref" not in album.images:
        return None
    margin = album.style.margin_mm
    image = show_inside(album.images["ref"], album.mask, margin_mm=margin)
    content = draw_sheet(
        image,
        _mixed_tiles(album.mask.data, album.style.tiles),
        album.mask,
        [Overlay(album.mask.data, {1: palette.BRAIN_EDGE})],
        style=album.style,
    )
    caption = (
        "The line should follow the outer surface of the brain. For privacy the image is shown"
        f" up to {margin:g} mm beyond the mask only."
    )
    legend = ((palette.BRAIN_EDGE, "brain mask"),)
    return Picture("mask", f"Brain mask on {album.reference}", caption, legend, content)


def _draw_coregistration(album: Album) -> Picture | None:
    if not {"flair", "tissue"} <= set(album.images):
        return None
    white = (album.images["tissue"].data == WHITE_MATTER).astype(np.uint8)
    image = show_inside(album.images["flair"], album.mask, margin_mm=0)
    content = draw_sheet(
        image,
        _mixed_tiles(album.mask.data, album.style.tiles // 2, axial_only=True),
        album.mask,
        [Overlay(white, {1: palette.TEMPLATE_EDGE}, width=0.5)],
        style=album.style,
    )
    caption = f"The line is the edge of the {album.reference}'s white matter: it should fit."
    legend = ((palette.TEMPLATE_EDGE, f"white matter of the {album.reference}"),)
    title = f"FLAIR aligned to {album.reference}"
    return Picture("coregistration", title, caption, legend, content)


def _draw_registration(
    album: Album, image: Volume | None, template: Template | None
) -> Picture | None:
    if image is None or template is None or not template.brain.grid.is_close(image.grid):
        return None
    brain = reorient_to_ras(template.brain)
    shown = reorient_to_ras(show_inside(image, template.brain, margin_mm=0))
    white = reorient_to_ras(template.white_matter)
    overlays = [
        Overlay(brain.data, {1: palette.BRAIN_EDGE}),
        Overlay(white.data, {1: palette.TEMPLATE_EDGE}, width=0.5),
    ]
    tiles = _mixed_tiles(brain.data, album.style.tiles)
    content = draw_sheet(shown, tiles, brain, overlays, style=album.style)
    caption = (
        f"The {album.reference} in template space (MNI152NLin2009aSym) with the template's edges:"
        " they should fit the brain's surface and its white matter."
    )
    legend = (
        (palette.BRAIN_EDGE, "brain of the template"),
        (palette.TEMPLATE_EDGE, "white matter of the template"),
    )
    return Picture("registration", "Registration to the template", caption, legend, content)


def _draw_tissue(album: Album) -> Picture | None:
    if not {"ref", "tissue"} <= set(album.images):
        return None
    content = draw_sheet(
        show_inside(album.images["ref"], album.mask, margin_mm=0),
        _mixed_tiles(album.mask.data, album.style.tiles),
        album.mask,
        [Overlay(album.images["tissue"].data, palette.TISSUE, "fill", alpha=0.55)],
        style=album.style,
    )
    legend = tuple((palette.TISSUE[label], name) for label, name in TISSUE_NAMES.items())
    title = f"Tissue on {album.reference}"
    return Picture("tissue", title, "Tissue classes over the image.", legend, content)


def _draw_parcels(album: Album) -> Picture | None:
    if not {"ref", "parcels"} <= set(album.images):
        return None
    labels = album.images["parcels"].data
    present = [int(value) for value in np.unique(labels) if value > 0]
    colours = palette.colour_parcels(present, album.region_names)
    content = draw_sheet(
        show_inside(album.images["ref"], album.mask, margin_mm=0),
        _mixed_tiles(album.mask.data, album.style.tiles),
        album.mask,
        [Overlay(labels, colours, "fill", alpha=0.5)],
        style=album.style,
    )
    caption = f"{len(colours)} regions; left and right twins share a colour."
    return Picture("parcels", f"Regions on {album.reference}", caption, (), content)


def draw_disconnection(
    album: Album, colours: Mapping[int, str], legend: tuple[tuple[str, str], ...]
) -> Picture | None:
    """Draw the regions in the colours of their disconnection.

    Parameters
    ----------
    album : Album
    colours : mapping of int to str
        Label of a parcel to its colour; regions that lose nothing have none.
    legend : tuple of (colour, text)
    """
    if not {"ref", "parcels"} <= set(album.images):
        return None
    content = draw_sheet(
        show_inside(album.images["ref"], album.mask, margin_mm=0),
        _mixed_tiles(album.mask.data, album.style.tiles // 2),
        album.mask,
        [Overlay(album.images["parcels"].data, dict(colours), "fill", alpha=0.65)],
        style=album.style,
    )
    caption = "Regions by the share of their streamlines that pass a lesion."
    return Picture("disconnection", "Disconnection by region", caption, legend, content)


def _lesion_overlay(album: Album) -> tuple[list[Overlay], tuple[tuple[str, str], ...]]:
    if "lesions" not in album.images:
        return [], ()
    lesions = Overlay(album.images["lesions"].data, {1: palette.LESION}, width=1.0)
    return [lesions], ((palette.LESION, "lesion"),)


def _lesion_tiles(album: Album, count: int, *, gap_mm: float) -> list[Tile]:
    spacing = album.mask.grid.voxel_size_mm[CUT_AXIS["axial"]]
    chosen: list[int] = []
    if "lesions" in album.images:
        lesions = album.images["lesions"].data & album.mask.data
        chosen = loaded_slices(lesions, "axial", count, spacing_mm=spacing, gap_mm=gap_mm)
    # Where the lesions fill few slices, the rest of the brain is shown around them.
    for index in spread_slices(album.mask.data, "axial", count, trim=0.2):
        if len(chosen) < count and all(abs(index - c) * spacing >= gap_mm for c in chosen):
            chosen.append(index)
    return [Tile("axial", index) for index in sorted(chosen)]


def _mixed_tiles(mask: Array, count: int, *, axial_only: bool = False) -> list[Tile]:
    if axial_only:
        return _tiles(mask, "axial", count, trim=0.15)
    return [
        *_tiles(mask, "axial", count // 2, trim=0.1),
        *_tiles(mask, "coronal", count // 4, trim=0.22),
        *_beside_midline(_tiles(mask, "sagittal", count - count // 2 - count // 4 + 1, trim=0.22)),
    ]


def _beside_midline(tiles: list[Tile]) -> list[Tile]:
    """Leave out one of the middle slices: the very midline shows little but fluid."""
    return [tile for number, tile in enumerate(tiles) if number != len(tiles) // 2]


def _tiles(mask: Array, plane: Plane, count: int, *, trim: float) -> list[Tile]:
    return [Tile(plane, index) for index in spread_slices(mask, plane, count, trim=trim)]


def draw_sheet(
    image: Volume,
    tiles: Sequence[Tile],
    mask: Volume,
    overlays: Sequence[Overlay],
    *,
    style: PictureStyle,
    columns: int | None = None,
) -> str:
    """Draw slices of an image, windowed by what is inside the mask, as JPEG in base64."""
    crop = crop_around(mask.data, mask.grid.voxel_size_mm, margin_mm=style.margin_mm)
    layout = Layout(columns or style.columns, crop, style.pixel_mm)
    window = robust_window(image.data, mask.data)
    figure = draw_mosaic(image, tiles, layout=layout, window=window, overlays=overlays)
    return base64.b64encode(to_jpeg(figure)).decode()
