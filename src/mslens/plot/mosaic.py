"""A sheet of slices with contours and fills, sides marked, in the convention of `orientation`.

Slices are cut along the voxel axes nearest to the body's (nothing is interpolated across
slices) and brought to square pixels within the slice, so a scan of 0.5 x 0.5 x 3 mm looks right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy import ndimage

from mslens.core.arrays import Array
from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.plot.encode import figure_style
from mslens.plot.orientation import CUT_AXIS, EDGE_MARKS, Plane, cut_picture, picture_spacing_mm

#: Empty pixels between two tiles.
GAP = 4
GAP_GREY = 0.16
DPI = 100


@dataclass(frozen=True)
class Tile:
    """One slice: the plane and the index along the axis that it cuts."""

    plane: Plane
    index: int


@dataclass(frozen=True, eq=False)
class Overlay:
    """Labels to draw over an image.

    Parameters
    ----------
    labels : ndarray of int or bool, shape of the image
        Labels that have no colour are not drawn.
    colours : mapping of int to str
        Label to colour; a mask has the label 1.
    style : {"contour", "fill"}
    alpha : float
        Opacity of a fill.
    width : float
        Width of a contour in points.
    """

    labels: Array
    colours: Mapping[int, str]
    style: Literal["contour", "fill"] = "contour"
    alpha: float = 0.5
    width: float = 0.9


@dataclass(frozen=True)
class Layout:
    """How tiles are put on the sheet.

    Parameters
    ----------
    columns : int
    pixel_mm : float
        Edge of a pixel of the sheet.
    crop : 3 pairs of int
        First and last-plus-one voxel to show along right, anterior, superior; see `crop_around`.
    """

    columns: int
    crop: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    pixel_mm: float = 0.75


@dataclass(frozen=True, eq=False)
class _Sheet:
    grid: Grid
    tiles: Sequence[Tile]
    layout: Layout
    cell: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        sizes = [self.size(tile.plane) for tile in self.tiles]
        cell = (max(s[0] for s in sizes), max(s[1] for s in sizes))
        object.__setattr__(self, "cell", cell)

    @property
    def shape(self) -> tuple[int, int]:
        rows = math.ceil(len(self.tiles) / self.layout.columns)
        columns = min(self.layout.columns, len(self.tiles))
        return (
            rows * (self.cell[0] + GAP) - GAP,
            columns * (self.cell[1] + GAP) - GAP,
        )

    def size(self, plane: Plane) -> tuple[int, int]:
        across, up = (axis for axis in range(3) if axis != CUT_AXIS[plane])
        mm = self.grid.voxel_size_mm
        voxels = [last - first for first, last in self.layout.crop]
        height, width = voxels[up] * mm[up], voxels[across] * mm[across]
        return (
            max(1, round(height / self.layout.pixel_mm)),
            max(1, round(width / self.layout.pixel_mm)),
        )

    def corner(self, number: int) -> tuple[int, int]:
        row, column = divmod(number, self.layout.columns)
        return row * (self.cell[0] + GAP), column * (self.cell[1] + GAP)

    def inside_cells(self) -> npt.NDArray[np.bool_]:
        rows, columns = (
            np.arange(n) % (c + GAP) < c for n, c in zip(self.shape, self.cell, strict=True)
        )
        return rows[:, None] & columns[None, :]

    def place(self, data: Array, *, order: Literal[0, 1]) -> npt.NDArray[np.float32]:
        """Cut every tile out of `data` and put it into its cell."""
        canvas = np.zeros(self.shape, dtype=np.float32)
        window = tuple(slice(first, last) for first, last in self.layout.crop)
        for number, tile in enumerate(self.tiles):
            axis = CUT_AXIS[tile.plane]
            box = [*window[:axis], slice(tile.index, tile.index + 1), *window[axis + 1 :]]
            picture = cut_picture(data[tuple(box)], tile.plane, 0)
            picture = _to_pixels(
                picture,
                picture_spacing_mm(self.grid, tile.plane),
                self.layout.pixel_mm,
                self.size(tile.plane),
                order,
            )
            top, left = self.corner(number)
            down = (self.cell[0] - picture.shape[0]) // 2
            right = (self.cell[1] - picture.shape[1]) // 2
            canvas[
                top + down : top + down + picture.shape[0],
                left + right : left + right + picture.shape[1],
            ] = picture
        return canvas


def draw_mosaic(
    image: Volume,
    tiles: Sequence[Tile],
    *,
    layout: Layout,
    window: tuple[float, float],
    overlays: Sequence[Overlay] = (),
) -> Figure:
    """Draw slices of an image in reading order with overlays, sides and positions.

    Parameters
    ----------
    image : Volume, axes right, anterior, superior
        See `mslens.plot.orientation.reorient_to_ras`.
    tiles : sequence of Tile
    layout : Layout
    window : (float, float)
        Intensities shown as black and as white.
    overlays : sequence of Overlay
        On the grid of the image, drawn in this order.

    Returns
    -------
    Figure
        One pixel of the sheet is one pixel of the figure.

    Raises
    ------
    ImageError
        If there is no tile, the image is not in RAS order or an overlay has another shape.
    """
    _require_drawable(image, tiles, overlays)
    sheet = _Sheet(image.grid, tiles, layout)
    low, high = window
    grey = np.clip((sheet.place(image.data, order=1) - low) / (high - low), 0, 1)
    canvas = np.repeat(np.nan_to_num(grey)[..., None], 3, axis=2)
    canvas[~sheet.inside_cells()] = GAP_GREY
    with figure_style():
        rows, columns = sheet.shape
        figure = Figure(figsize=(columns / DPI, rows / DPI), dpi=DPI, facecolor="black")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        for overlay in overlays:
            if overlay.style == "fill":
                canvas = _filled(canvas, sheet, overlay)
        axes.imshow(canvas, interpolation="nearest", aspect="auto")
        for overlay in overlays:
            if overlay.style == "contour":
                _add_contours(axes, sheet, overlay)
        _mark_sides(axes, sheet)
    return figure


def crop_around(
    mask: Array, voxel_size_mm: Sequence[float], *, margin_mm: float = 6.0
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Return the box around a mask with a margin, clipped to the array; all of it if empty."""
    box = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        filled = np.flatnonzero(mask.any(axis=others))
        margin = math.ceil(margin_mm / voxel_size_mm[axis])
        size = mask.shape[axis]
        if filled.size == 0:
            box.append((0, size))
        else:
            first, last = int(filled[0]) - margin, int(filled[-1]) + 1 + margin
            box.append((max(0, first), min(size, last)))
    return box[0], box[1], box[2]


def _require_drawable(image: Volume, tiles: Sequence[Tile], overlays: Sequence[Overlay]) -> None:
    if not tiles:
        raise ImageError("there is no slice to draw", expected="at least one tile")
    if image.grid.axis_codes != "RAS":
        raise ImageError(
            f"the image has axes {image.grid.axis_codes}",
            expected="RAS",
            cure="Call reorient_to_ras first",
        )
    for overlay in overlays:
        if overlay.labels.shape != image.data.shape:
            raise ImageError(
                f"an overlay has shape {overlay.labels.shape}",
                expected=f"the image's, {image.data.shape}",
            )


def _to_pixels(
    picture: Array,
    spacing_mm: tuple[float, float],
    pixel_mm: float,
    size: tuple[int, int],
    order: Literal[0, 1],
) -> npt.NDArray[np.float32]:
    ratio = np.array([pixel_mm / spacing_mm[0], pixel_mm / spacing_mm[1]])
    return np.asarray(
        ndimage.affine_transform(
            np.asarray(picture, dtype=np.float32),
            np.diag(ratio),
            offset=0.5 * ratio - 0.5,
            output_shape=size,
            order=order,
            mode="nearest",
        ),
        dtype=np.float32,
    )


def _filled(canvas: Array, sheet: _Sheet, overlay: Overlay) -> Array:
    if not overlay.colours:
        return canvas
    labels = np.rint(sheet.place(overlay.labels, order=0)).astype(np.int64)
    known = np.array(sorted(overlay.colours))
    paint = np.array([to_rgb(overlay.colours[label]) for label in known])
    inside = np.isin(labels, known)
    painted = canvas.copy()
    ink = paint[np.searchsorted(known, labels[inside])]
    painted[inside] = (1 - overlay.alpha) * canvas[inside] + overlay.alpha * ink
    return painted


def _add_contours(axes: Axes, sheet: _Sheet, overlay: Overlay) -> None:
    for label, colour in overlay.colours.items():
        level = sheet.place(overlay.labels == label, order=1)
        if level.max() > 0.5 > level.min():
            axes.contour(level, levels=[0.5], colors=[colour], linewidths=overlay.width)


def _mark_sides(axes: Axes, sheet: _Sheet) -> None:
    style: dict[str, Any] = {"color": "white", "fontsize": 7.5, "alpha": 0.95}
    for number, tile in enumerate(sheet.tiles):
        top, left = sheet.corner(number)
        middle = top + sheet.cell[0] / 2
        first, second = EDGE_MARKS[tile.plane]
        axes.text(left + 2, middle, first, ha="left", va="center", **style)
        axes.text(left + sheet.cell[1] - 2, middle, second, ha="right", va="center", **style)
        axes.text(
            left + 3,
            top + sheet.cell[0] - 3,
            _position(sheet.grid, tile),
            ha="left",
            va="bottom",
            **{**style, "alpha": 0.65, "fontsize": 6.0},
        )


def _position(grid: Grid, tile: Tile) -> str:
    centre = [(n - 1) / 2 for n in grid.shape]
    axis = CUT_AXIS[tile.plane]
    centre[axis] = tile.index
    value = round(float(grid.to_world(np.array(centre))[axis]))
    if tile.plane == "sagittal":
        return f"{'R' if value >= 0 else 'L'} {abs(value)} mm"
    return f"{'y' if axis == 1 else 'z'} {value} mm"
