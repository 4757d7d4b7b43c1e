import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.evaluate.decision_curve import trace_decision_curve


def test_by_hand():
    truth, p = [1, 1, 0, 0, 0], [0.9, 0.2, 0.6, 0.3, 0.1]
    curve = trace_decision_curve(truth, p, thresholds=[0.0, 0.25, 0.5])
    np.testing.assert_allclose(curve.model, [0.4, 1 / 5 - 2 / 5 / 3, 1 / 5 - 1 / 5])
    np.testing.assert_allclose(curve.treat_all, [0.4, 0.4 - 0.6 / 3, 0.4 - 0.6])


def test_a_perfect_model_gains_the_prevalence_everywhere():
    truth = np.arange(10) < 3
    curve = trace_decision_curve(truth, truth.astype(float))
    np.testing.assert_allclose(curve.model, 0.3)
    assert (curve.treat_all <= curve.model + 1e-12).all()


def test_at_or_above_the_threshold_is_treated():
    assert trace_decision_curve([1, 0], [0.5, 0.1], thresholds=[0.5]).model[0] == 0.5


def test_refuses_a_threshold_of_one():
    with pytest.raises(InputError, match="outside"):
        trace_decision_curve([1, 0], [0.5, 0.1], thresholds=[1.0])
