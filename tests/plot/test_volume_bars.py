import pytest

from mslens.core.errors import InputError
from mslens.plot.volume_bars import draw_volume_bars


def test_each_structure_has_its_bars_side_by_side():
    series = {"left": [7.0, 3.0], "right": [6.0, float("nan")]}
    figure = draw_volume_bars(["Thalamus", "Caudate"], series, colours=["#0072b2", "#e69f00"])
    bars = [(b.get_y() + b.get_height() / 2, b.get_width()) for b in figure.axes[0].patches]
    assert [width for _, width in bars] == [7.0, 3.0, 6.0, 0.0]
    assert [round(middle, 2) for middle, _ in bars] == [-0.2, 0.8, 0.2, 1.2]
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["Thalamus", "Caudate"]
    assert figure.axes[0].get_xlim()[0] == 0


def test_series_must_fit_and_a_colour_be_given():
    with pytest.raises(InputError, match="left"):
        draw_volume_bars(["a"], {"left": [1.0, 2.0]}, colours=["red"])
    with pytest.raises(InputError, match="colour"):
        draw_volume_bars(["a"], {"left": [1.0]}, colours=[])
