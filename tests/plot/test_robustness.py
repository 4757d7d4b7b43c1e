import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.plot.encode import to_svg
from mslens.plot.robustness import (
    draw_cohort_heat_map,
    draw_heat_map,
    draw_subject_heat_map,
)


def test_every_row_and_column_is_named_and_missing_values_stay_missing():
    values = np.array([[0.1, np.nan, 0.9], [1.0, 0.5, 0.0]])
    figure = draw_heat_map(values, ["A", "B"], ["x", "y", "z"], label="share", write_values=True)
    axes = figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["A", "B"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["x", "y", "z"]
    assert [t.get_text() for t in axes.texts] == ["10", "90", "100", "50", "0"]
    shown = axes.images[0].get_array()
    assert shown.mask[0, 1]
    assert shown[1, 0] == 1.0


def test_a_subject_is_drawn_around_zero_with_its_classes_named_once():
    figure = draw_subject_heat_map(
        np.zeros((2, 3)), ["A", "B"], ["x", "y", "z"], ["glcm", "glcm", "gldm"]
    )
    axes = figure.axes[0]
    low, high = axes.images[0].get_clim()
    assert low == -high
    (top,) = axes.child_axes
    assert [t.get_text() for t in top.get_xticklabels()] == ["glcm", "gldm"]
    assert top.get_xticks().tolist() == [0.5, 2.0]


def test_drawings_become_svg_with_their_names_as_text():
    figures = [
        draw_heat_map(np.eye(3), list("ABC"), list("xyz"), label="share"),
        draw_subject_heat_map(np.eye(3), list("ABC"), list("xyz"), ["c"] * 3),
        draw_cohort_heat_map(np.eye(3), list("ABC"), list("xyz")),
    ]
    for figure in figures:
        svg = to_svg(figure, title="map")
        assert ">B</text>" in svg
        assert "data:image/png;base64" in svg


def test_names_must_fit():
    with pytest.raises(InputError, match="shape"):
        draw_heat_map(np.zeros((2, 2)), ["A"], ["x", "y"], label="share")
    with pytest.raises(InputError, match="shape"):
        draw_subject_heat_map(np.zeros((2, 2)), ["A"], ["x", "y"], ["c", "c"])
    with pytest.raises(InputError, match="1 classes"):
        draw_subject_heat_map(np.zeros((2, 2)), ["A", "B"], ["x", "y"], ["c"])
    with pytest.raises(InputError, match="shape"):
        draw_cohort_heat_map(np.zeros((2, 2)), ["A"], ["x", "y"])
