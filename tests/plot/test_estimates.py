import pytest

from mslens.core.errors import InputError
from mslens.plot.encode import to_svg
from mslens.plot.estimates import EstimatePanel, draw_estimates

PANEL = EstimatePanel("external", [(0.7, 0.6, 0.8), None], [0.75, None], limit=0.8)


def test_draws_value_interval_published_and_limit_of_each_row():
    figure = draw_estimates(["Ridge", "Forest"], [PANEL], label="r")
    axes = figure.axes[0]
    drawn = [sorted(map(float, line.get_xdata())) for line in axes.lines]
    assert [0.6, 0.8] in drawn
    assert [0.7] in drawn
    assert [0.75] in drawn
    assert [0.8, 0.8] in drawn
    assert len(drawn) == 4
    text = to_svg(figure, title="r of the models")
    assert "Ridge" in text
    assert "external" in text


def test_refuses_rows_and_values_that_differ():
    with pytest.raises(InputError, match="differ in number"):
        draw_estimates(["one"], [PANEL], label="r")
    with pytest.raises(InputError, match="differ in number"):
        draw_estimates(["one"], [], label="r")
