import numpy as np
import pytest
from scipy import stats

from mslens.simulate.clinic import draw_clinic, follow_clinic
from mslens.simulate.oracle import ask_oracle
from mslens.simulate.sites import SITES

N = 30_000
#: Monte-Carlo error of r at N is below .003; the stated values have one of their own.
TOLERANCE = 0.01


def auc(positive, value):
    u = stats.mannwhitneyu(value[positive], value[~positive]).statistic
    return u / (positive.sum() * (~positive).sum())


@pytest.mark.parametrize(
    ("loading", "r", "mae", "area"),
    [(0.30, 0.774, 0.80, 0.853), (0.35, 0.799, 0.76, 0.872), (0.40, 0.824, 0.72, 0.887)],
)
def test_the_oracle_reaches_the_stated_scores(loading, r, mae, area):
    clinic = draw_clinic(N, site=SITES["site1"], seed=5, loading=loading)
    oracle = ask_oracle(clinic)
    assert np.corrcoef(oracle.score, clinic.score)[0, 1] == pytest.approx(r, abs=TOLERANCE)
    assert np.abs(oracle.score - clinic.score).mean() == pytest.approx(mae, abs=TOLERANCE)
    assert auc(clinic.score >= 3, oracle.disabled) == pytest.approx(area, abs=TOLERANCE)


def test_the_clinic_alone_tells_less():
    clinic = draw_clinic(N, site=SITES["site1"], seed=5)
    oracle = ask_oracle(clinic, damage_known=False)
    assert np.corrcoef(oracle.score, clinic.score)[0, 1] == pytest.approx(0.667, abs=TOLERANCE)


def test_it_is_calibrated():
    clinic = draw_clinic(N, site=SITES["site1"], seed=6)
    oracle = ask_oracle(clinic)
    slope, intercept = np.polyfit(oracle.score, clinic.score, 1)
    assert slope == pytest.approx(1.0, abs=0.02)
    assert intercept == pytest.approx(0.0, abs=0.06)
    for low in np.arange(0.0, 1.0, 0.2):
        group = (oracle.disabled >= low) & (oracle.disabled < low + 0.2)
        observed = (clinic.score[group] >= 3).mean()
        assert observed == pytest.approx(oracle.disabled[group].mean(), abs=0.025)


def test_nothing_linear_beats_it():
    clinic = draw_clinic(N, site=SITES["site1"], seed=7)
    known = [clinic.age_factor, clinic.duration_factor, clinic.progressive, *clinic.damage.T]
    design = np.column_stack([np.ones(N), *known])
    fitted = design @ np.linalg.lstsq(design, clinic.score, rcond=None)[0]
    linear = np.corrcoef(fitted, clinic.score)[0, 1]
    best = np.corrcoef(ask_oracle(clinic).score, clinic.score)[0, 1]
    assert linear < best < linear + 0.05


def test_it_stays_calibrated_at_a_later_visit():
    first = draw_clinic(N, site=SITES["site1"], seed=8)
    later = follow_clinic(first, np.full(N, 4.0), visit="2", seed=8)
    oracle = ask_oracle(later)
    assert np.polyfit(oracle.score, later.score, 1)[0] == pytest.approx(1.0, abs=0.03)
    assert (oracle.score - later.score).mean() == pytest.approx(0.0, abs=0.03)


def test_what_patients_report_is_harder_to_predict():
    clinic = draw_clinic(N, site=SITES["site4"], seed=8)
    oracle = ask_oracle(clinic)
    assert 0.5 < np.corrcoef(oracle.score, clinic.score)[0, 1] < 0.75
    assert np.polyfit(oracle.score, clinic.score, 1)[0] == pytest.approx(1.0, abs=0.03)


def test_probabilities_stay_in_range_and_empty_is_empty():
    oracle = ask_oracle(draw_clinic(50, site=SITES["site2"], seed=1))
    assert oracle.disabled.min() >= 0
    assert oracle.disabled.max() <= 1
    assert ask_oracle(draw_clinic(0, site=SITES["site2"], seed=1)).score.shape == (0,)
