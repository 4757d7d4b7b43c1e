import pytest
from matplotlib.colors import to_hex

from mslens.core.errors import InputError
from mslens.plot.location_load import MAX_NAMED_BARS, draw_location_load
from mslens.plot.palette import LOCATION

LOADS = {"periventricular": [3.0, 1.0], "juxtacortical": [0.5, float("nan")]}


def test_bars_are_stacked_in_the_order_given():
    figure = draw_location_load(["sub-01", "sub-02"], LOADS, label="ml")
    bars = [(b.get_x(), b.get_width(), to_hex(b.get_facecolor())) for b in figure.axes[0].patches]
    assert bars == [
        (0.0, 3.0, LOCATION["periventricular"]),
        (0.0, 1.0, LOCATION["periventricular"]),
        (3.0, 0.5, LOCATION["juxtacortical"]),
        (1.0, 0.0, LOCATION["juxtacortical"]),
    ]
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["sub-01", "sub-02"]
    top, bottom = figure.axes[0].get_ylim()[::-1]
    assert top < 0 < 1 < bottom  # the first name is at the top


def test_many_bars_have_no_names_and_none_is_no_error():
    count = MAX_NAMED_BARS + 1
    loads = {"periventricular": [2.0] * count, "juxtacortical": [1.0] * count}
    figure = draw_location_load([f"sub-{n}" for n in range(count)], loads, label="ml")
    first, second = (band.get_paths()[0].get_extents() for band in figure.axes[0].collections)
    assert (first.x0, first.x1, second.x0, second.x1) == (0, 2, 2, 3)
    assert (first.y0, first.y1) == (-0.5, count - 0.5)
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == []
    assert draw_location_load([], {"juxtacortical": []}, label="ml").axes[0].patches[:] == []


def test_every_class_needs_one_value_per_name():
    with pytest.raises(InputError, match="juxtacortical"):
        draw_location_load(["a", "b"], {"juxtacortical": [1.0]}, label="ml")
