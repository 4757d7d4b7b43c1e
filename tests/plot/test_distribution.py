import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.plot.distribution import MAX_NAMES, draw_distribution
from mslens.plot.encode import to_svg

VALUES = [1.0, 2.0, 3.0, 4.0, np.nan, 40.0]
NAMES = [f"sub-0{n}" for n in range(1, 7)]


def points(figure):
    return [(line.get_xdata(), line.get_marker()) for line in figure.axes[0].lines]


def test_every_known_value_is_a_point_and_outliers_are_marked_and_named():
    outliers = frozenset({"sub-06"})
    figure = draw_distribution(VALUES, NAMES, label="Load (ml)", outliers=outliers)
    marks = {marker: xs for xs, marker in points(figure) if marker in ("o", "D")}
    assert sorted(x for x in marks["o"] if np.isfinite(x)) == [1, 2, 3, 4]
    assert list(marks["D"]) == [40]
    assert [text.get_text() for text in figure.axes[0].texts] == ["sub-06"]
    assert figure.axes[0].get_xlabel() == "Load (ml)"


def test_the_box_shows_the_quartiles_of_known_values():
    values = list(np.arange(101.0))
    figure = draw_distribution(values, [str(v) for v in values], label="x", outliers=frozenset())
    box = figure.axes[0].lines[0].get_xdata()
    assert (min(box), max(box)) == (25, 75)


def test_no_more_names_than_can_be_read():
    names = [f"sub-{n}" for n in range(20)]
    figure = draw_distribution(range(20), names, label="x", outliers=frozenset(names))
    assert len(figure.axes[0].texts) == MAX_NAMES


def test_nothing_known_is_drawn_as_nothing():
    figure = draw_distribution([np.nan], ["sub-01"], label="x", outliers=frozenset())
    assert "sub-01" not in to_svg(figure, title="t")


def test_names_and_values_must_fit():
    with pytest.raises(InputError, match="2 values have 1 names"):
        draw_distribution([1, 2], ["a"], label="x", outliers=frozenset())
