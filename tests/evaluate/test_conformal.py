import numpy as np
import pytest

from mslens.core.errors import InputError, SettingsError
from mslens.evaluate.conformal import calibrate_half_width, measure_coverage, predict_cv_plus


def test_half_width_is_the_right_order_statistic():
    # ceil(20 * .9) = 18-th smallest of 19.
    residuals = np.random.default_rng(0).permutation(np.arange(1.0, 20.0)) * -1
    assert calibrate_half_width(residuals, coverage=0.9) == 18


def test_too_few_patients_give_no_bound():
    assert calibrate_half_width(np.ones(8), coverage=0.9) == np.inf
    assert calibrate_half_width(np.ones(9), coverage=0.9) == 1


def test_coverage_holds_on_average():
    rng = np.random.default_rng(1)
    hits = []
    for _ in range(2000):
        residuals = rng.standard_t(3, size=41)
        width = calibrate_half_width(residuals[:-1], coverage=0.8)
        hits.append(abs(residuals[-1]) <= width)
    assert np.mean(hits) == pytest.approx(np.ceil(41 * 0.8) / 41, abs=0.025)


def test_one_scan_each_is_the_ungrouped_interval():
    residuals = np.random.default_rng(2).normal(size=50)
    assert calibrate_half_width(residuals, patients=np.arange(50)) == calibrate_half_width(
        residuals
    )


def test_patients_with_many_scans_do_not_narrow_the_interval():
    """One easy patient in five has 50 scans, the others one: a new patient is rarely that one."""
    rng = np.random.default_rng(3)
    grouped, naive = [], []
    for _ in range(400):
        easy = np.arange(40) < 8
        scans = np.where(easy, 50, 1)
        patient = np.repeat(np.arange(40), scans)
        scale = np.where(easy, 0.1, 1.0)
        residuals = scale[patient] * rng.normal(size=patient.size)
        new = (0.1 if rng.random() < 0.2 else 1.0) * abs(rng.normal())
        grouped.append(new <= calibrate_half_width(residuals, coverage=0.8, patients=patient))
        naive.append(new <= calibrate_half_width(residuals, coverage=0.8))
    assert np.mean(grouped) >= 0.77
    assert np.mean(naive) < 0.5


def line_fits(rng, n=60, folds=5):
    x = rng.normal(size=n + 1)
    y = 2 * x + rng.normal(size=n + 1)
    fold_of = np.arange(n) % folds
    slopes = [
        (x[:n][fold_of != k] @ y[:n][fold_of != k]) / (x[:n][fold_of != k] ** 2).sum()
        for k in range(folds)
    ]
    residuals = y[:n] - np.array(slopes)[fold_of] * x[:n]
    return residuals, fold_of, np.array([slopes]) * x[n], y[n]


def test_cv_plus_covers_a_new_patient():
    rng = np.random.default_rng(4)
    hits = []
    for _ in range(800):
        residuals, fold_of, predictions, truth = line_fits(rng)
        low, high = predict_cv_plus(residuals, fold_of, predictions, coverage=0.9)
        hits.append(measure_coverage(truth, low, high))
    assert 0.87 < np.mean(hits) < 0.95


def test_cv_plus_with_one_model_is_the_split_interval():
    residuals = np.random.default_rng(5).normal(size=30)
    low, high = predict_cv_plus(residuals, np.zeros(30, int), [[2.0], [5.0]], coverage=0.9)
    width = calibrate_half_width(residuals, coverage=0.9)
    np.testing.assert_allclose(low, [2 - width, 5 - width])
    np.testing.assert_allclose(high, [2 + width, 5 + width])


def test_intervals_are_cut_to_the_scale():
    low, high = predict_cv_plus(np.full(30, 9.5), np.zeros(30, int), [[1.0]], bounds=(0.0, 10.0))
    assert (low[0], high[0]) == (0.0, 10.0)


@pytest.mark.parametrize("coverage", [0.0, 1.0, 90.0])
def test_refuses_impossible_coverage(coverage):
    with pytest.raises(SettingsError, match="coverage"):
        calibrate_half_width([1.0], coverage=coverage)


@pytest.mark.parametrize(
    ("residuals", "fold_of", "message"),
    [([1.0, np.nan], [0, 0], "NaN"), ([1.0, 2.0], [0, 1], "fold"), ([1.0, 2.0], [0], "fold")],
)
def test_refuses_residuals_without_a_fold(residuals, fold_of, message):
    with pytest.raises(InputError, match=message):
        predict_cv_plus(residuals, fold_of, [[1.0]])
