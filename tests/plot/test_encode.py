import io
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from mslens.plot.encode import figure_style, to_jpeg, to_svg

SVG = "{http://www.w3.org/2000/svg}"


def chart(label: str = "volume <ml> & more") -> Figure:
    with figure_style():
        figure = Figure(figsize=(3, 2))
        axes = figure.add_subplot()
        axes.plot([1, 2, 3], [3, 1, 2], color="#0072b2")
        axes.set_xlabel(label)
    return figure


def test_the_same_figure_gives_the_same_bytes_whatever_the_users_settings():
    first = to_svg(chart(), title="t"), to_jpeg(chart())
    with mpl.rc_context({"font.size": 30, "svg.hashsalt": "other", "savefig.dpi": 20}):
        second = to_svg(chart(), title="t"), to_jpeg(chart())
    assert first == second


def test_a_jpeg_tells_nothing_but_pixels():
    image = Image.open(io.BytesIO(to_jpeg(chart())))
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


def test_a_jpeg_keeps_thin_coloured_lines():
    figure = Figure(figsize=(1, 1), dpi=100, facecolor="black")
    canvas = np.zeros((100, 100, 3))
    canvas[50] = (1, 0, 0)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.imshow(canvas, interpolation="nearest")
    pixels = np.asarray(Image.open(io.BytesIO(to_jpeg(figure)))).astype(int)
    assert pixels[50, 50, 0] > 220
    assert pixels[50, 50, 1] < 40
    assert pixels[53, 50].max() < 30


def test_a_chart_is_one_svg_element_that_follows_the_page():
    text = to_svg(chart(), title='Volumes "<b>"')
    root = ET.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.get("aria-label") == 'Volumes "<b>"'
    labels = [element.text for element in root.iter(f"{SVG}text")]
    assert "volume <ml> & more" in labels
    assert "currentColor" in text
    assert "var(--font)" in text
    assert "#0072b2" in text


def test_a_chart_holds_no_date_no_style_sheet_and_no_address():
    text = to_svg(chart(), title="t")
    root = ET.fromstring(text)
    assert not [e for e in root.iter() if e.tag in (f"{SVG}metadata", f"{SVG}style")]
    addresses = {part.split('"')[0] for part in text.split('="http')[1:]}
    assert addresses == {"://www.w3.org/1999/xlink", "://www.w3.org/2000/svg"}
