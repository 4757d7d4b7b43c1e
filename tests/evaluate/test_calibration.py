import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.evaluate.calibration import bin_predictions, calibrate_probabilities


def sample(slope=1.0, shift=0.0, n=20000, seed=0):
    rng = np.random.default_rng(seed)
    logit = rng.normal(size=n)
    truth = rng.random(n) < 1 / (1 + np.exp(-(shift + slope * logit)))
    return truth, 1 / (1 + np.exp(-logit))


@pytest.mark.parametrize(("slope", "shift"), [(1.0, 0.0), (0.5, 0.0), (1.5, -1.0)])
def test_finds_the_true_slope_and_intercept(slope, shift):
    result = calibrate_probabilities(*sample(slope, shift))
    assert result.slope == pytest.approx(slope, abs=0.06)
    assert result.intercept == pytest.approx(shift, abs=0.05)


def test_is_statsmodels():
    import statsmodels.api as sm

    truth, p = sample(n=300)
    logit = np.log(p / (1 - p))
    oracle = sm.Logit(truth.astype(float), sm.add_constant(logit)).fit(disp=0).params
    result = calibrate_probabilities(truth, p)
    assert (result.intercept, result.slope) == pytest.approx(tuple(oracle), abs=1e-6)


def test_calibrated_risks_have_a_small_error_and_shifted_ones_do_not():
    good, bad = calibrate_probabilities(*sample()), calibrate_probabilities(*sample(shift=1.0))
    assert good.expected_error < 0.015
    assert bad.expected_error > 0.1
    assert good.in_the_large == pytest.approx(0, abs=0.05)
    assert bad.in_the_large == pytest.approx(1, abs=0.05)


def test_separated_classes_have_no_slope():
    result = calibrate_probabilities([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert np.isnan([result.slope, result.intercept]).all()
    assert np.isfinite(result.in_the_large)


def test_certain_probabilities_stay_finite():
    assert np.isfinite(calibrate_probabilities([0, 1, 1, 0], [0.0, 1.0, 0.0, 1.0]).in_the_large)


def test_bins_by_hand():
    bins = bin_predictions([0.0, 2.0, 4.0, 8.0], [1.0, 2.0, 3.0, 4.0], n_bins=2)
    np.testing.assert_allclose(bins.predicted, [1.5, 3.5])
    np.testing.assert_allclose(bins.observed, [1.0, 6.0])
    np.testing.assert_allclose(bins.standard_error, [1.0, 2.0])
    np.testing.assert_array_equal(bins.count, [2, 2])


def test_equal_predictions_share_a_bin():
    bins = bin_predictions([1.0, 2.0, 3.0], [5.0, 5.0, 5.0])
    np.testing.assert_array_equal(bins.count, [3])


def test_refuses_one_class_and_no_rows():
    with pytest.raises(InputError, match="one class"):
        calibrate_probabilities([1, 1], [0.2, 0.3])
    with pytest.raises(InputError, match="at least 1"):
        bin_predictions([], [])
