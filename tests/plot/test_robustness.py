import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.plot.robustness import draw_heat_map, draw_subject_heat_map


def test_every_row_and_column_is_named_and_missing_values_stay_missing():
    values = np.array([[0.1, np.nan, 0.9], [1.0, 0.5, 0.0]])
    figure = draw_heat_map(values, ["A", "B"], ["x", "y", "z"], label="share")
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["A", "B"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["x", "y", "z"]
    shown = axes.images[0].get_array()
    assert shown.mask[0, 1]
    assert shown[1, 0] == 1.0


def test_a_subject_is_drawn_around_zero():
    image = draw_subject_heat_map(np.zeros((2, 2)), ["A", "B"], ["x", "y"]).axes[0].images[0]
    low, high = image.get_clim()
    assert low == -high


def test_names_must_fit():
    with pytest.raises(InputError, match="shape"):
        draw_heat_map(np.zeros((2, 2)), ["A"], ["x", "y"], label="share")
