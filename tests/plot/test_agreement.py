import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.plot.agreement import draw_agreement


def test_draws_every_patient_and_every_bin():
    observed, predicted = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    figure = draw_agreement(observed, predicted, bins=[(2.0, 2.2, 0.1)], label="EDSS")
    axes = figure.axes[0]
    points = axes.lines[1]
    np.testing.assert_allclose(points.get_xdata(), predicted)
    np.testing.assert_allclose(points.get_ydata(), observed, atol=0.12)
    assert axes.lines[2].get_ydata() == pytest.approx([2.004, 2.396])
    assert axes.get_xlim() == axes.get_ylim()
    assert axes.get_xlabel() == "Predicted EDSS"


def test_refuses_unequal_lengths():
    with pytest.raises(InputError, match="2 observed, 1 predicted"):
        draw_agreement(np.ones(2), np.ones(1), bins=[], label="EDSS")
