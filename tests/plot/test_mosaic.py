import io

import numpy as np
import pytest
from PIL import Image

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.volume import Volume
from mslens.plot.encode import to_jpeg
from mslens.plot.mosaic import GAP, Layout, Overlay, Tile, crop_around, draw_mosaic
from mslens.plot.orientation import reorient_to_ras

SIZE_MM = (1.0, 1.0, 4.0)
SHAPE = (40, 50, 12)
WHOLE = tuple((0, n) for n in SHAPE)


def head(axes: str = "RAS") -> Volume:
    """A cuboid with one bright block in the patient's left, anterior, upper part."""
    data = np.zeros(SHAPE, dtype=np.float32)
    data[5:35, 5:45, 1:11] = 40
    data[8:14, 34:40, 8:10] = 100
    volume = Volume(data, Grid(np.diag([*SIZE_MM, 1.0]), SHAPE))
    if axes == "RAS":
        return volume
    affine = np.diag([-1.0, -1.0, 4.0, 1.0])
    affine[:2, 3] = (SHAPE[0] - 1, SHAPE[1] - 1)
    return Volume(np.ascontiguousarray(data[::-1, ::-1]), Grid(affine, SHAPE))


def pixels(volume: Volume, tiles, *, overlays=(), columns=3, pixel_mm=1.0) -> np.ndarray:
    layout = Layout(columns=columns, crop=WHOLE, pixel_mm=pixel_mm)
    figure = draw_mosaic(volume, tiles, layout=layout, window=(0, 100), overlays=overlays)
    return np.asarray(Image.open(io.BytesIO(to_jpeg(figure, quality=98)))).astype(float)


def centre_of(bright: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(bright)
    return rows.mean(), columns.mean()


def test_the_patients_left_is_on_the_right_and_anterior_at_the_top():
    picture = pixels(head(), [Tile("axial", 9)])
    row, column = centre_of((picture > 85 * 2.55).all(axis=2)[:20])
    assert column == pytest.approx(SHAPE[0] - 1 - 10.5, abs=0.6)
    assert row == pytest.approx(SHAPE[1] - 1 - 36.5, abs=0.6)


def test_an_image_stored_the_other_way_round_gives_the_same_bytes():
    tiles = [Tile("axial", 9), Tile("coronal", 36), Tile("sagittal", 10)]
    there = reorient_to_ras(head("LPS"))
    layout = Layout(columns=3, crop=WHOLE, pixel_mm=0.5)
    drawn = [
        to_jpeg(draw_mosaic(volume, tiles, layout=layout, window=(0, 100)))
        for volume in (head(), there)
    ]
    assert drawn[0] == drawn[1]


def test_thick_slices_keep_their_proportions():
    picture = pixels(head(), [Tile("coronal", 36)], columns=1)
    assert picture.shape[:2] == (12 * 4, 40)
    row, column = centre_of((picture > 85 * 2.55).all(axis=2)[:18])
    assert column == pytest.approx(SHAPE[0] - 1 - 10.5, abs=0.6)
    assert row == pytest.approx(4 * (12 - 9) - 0.5, abs=1.0)


def test_tiles_are_laid_out_in_reading_order():
    tiles = [Tile("axial", 0), Tile("axial", 9), Tile("axial", 0), Tile("axial", 0)]
    picture = pixels(head(), tiles, columns=3)
    assert picture.shape[:2] == (2 * (50 + GAP) - GAP, 3 * (40 + GAP) - GAP)
    inner = picture[10:40, 40 + GAP + 5 : 80 + GAP - 5]
    assert inner.max() > 230
    assert picture[10:20, 5:35].max() < 30


def test_a_fill_paints_only_its_labels():
    labels = np.zeros(SHAPE, dtype=np.int32)
    labels[20:30, 10:20, 9] = 7
    labels[20:30, 25:30, 9] = 8
    fill = Overlay(labels, {7: "#ff0000"}, style="fill", alpha=1.0)
    picture = pixels(head(), [Tile("axial", 9)], overlays=[fill])
    red = (picture[..., 0] > 200) & (picture[..., 1] < 60)
    row, column = centre_of(red)
    assert red.sum() == pytest.approx(100, abs=15)
    assert (row, column) == pytest.approx((49 - 14.5, 39 - 24.5), abs=0.7)


def test_a_fill_without_colours_paints_nothing():
    """Somebody without lesions has no region that lost connections."""
    labels = np.ones(SHAPE, dtype=np.int32)
    fill = Overlay(labels, {}, style="fill")
    plain = pixels(head(), [Tile("axial", 9)])
    np.testing.assert_array_equal(pixels(head(), [Tile("axial", 9)], overlays=[fill]), plain)


def test_a_contour_runs_around_its_mask():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[10:30, 12:32, 9] = True
    picture = pixels(head(), [Tile("axial", 9)], overlays=[Overlay(mask, {1: "#00ff00"})])
    green = (picture[..., 1] - picture[..., 0]) > 60
    assert centre_of(green) == pytest.approx((49 - 21.5, 39 - 19.5), abs=0.7)
    assert not green[49 - 22, 39 - 20]
    assert 60 < green.sum() < 220


def test_sides_are_written_on_every_tile():
    layout = Layout(columns=2, crop=WHOLE, pixel_mm=0.5)
    tiles = [Tile("axial", 9), Tile("sagittal", 10), Tile("coronal", 20)]
    figure = draw_mosaic(head(), tiles, layout=layout, window=(0, 100))
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts == ["R", "L", "z 36 mm", "A", "P", "R 10 mm", "R", "L", "y 20 mm"]
    places = {text.get_text(): text.get_position()[0] for text in figure.axes[0].texts[:2]}
    assert places["R"] < places["L"]


def test_no_tile_another_shape_and_another_orientation_are_refused():
    layout = Layout(columns=2, crop=WHOLE)
    with pytest.raises(ImageError, match="no slice"):
        draw_mosaic(head(), [], layout=layout, window=(0, 1))
    overlay = Overlay(np.zeros((2, 2, 2), dtype=bool), {1: "red"})
    with pytest.raises(ImageError, match="shape"):
        draw_mosaic(head(), [Tile("axial", 0)], layout=layout, window=(0, 1), overlays=[overlay])
    with pytest.raises(ImageError, match="LPS"):
        draw_mosaic(head("LPS"), [Tile("axial", 0)], layout=layout, window=(0, 1))


def test_the_box_has_its_margin_in_millimetres_and_stays_inside():
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1, 20:30, 5] = True
    assert crop_around(mask, SIZE_MM, margin_mm=6) == ((0, 8), (14, 36), (3, 8))
    assert crop_around(np.zeros(SHAPE, dtype=bool), SIZE_MM) == WHOLE
