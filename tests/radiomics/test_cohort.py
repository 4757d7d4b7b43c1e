import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.radiomics.cohort import score_cohort


def cohort(n=40, features=5000):
    values = np.random.default_rng(0).normal(5, 2, (n, features)).astype(np.float32)
    values[:, 1] = 3.0
    values[0, 0] = 5 + 2 * 6
    values[3, 2] = np.nan
    values[:-5, 4999] = np.nan
    return values


def test_the_score_is_the_distance_from_the_median_in_robust_deviations():
    values = cohort()
    scores = score_cohort(values)
    column = values[:, 4500].astype(float)
    away = column - np.median(column)
    expected = away / (1.4826 * np.median(np.abs(away)))
    assert scores[:, 4500] == pytest.approx(expected, rel=1e-6)
    assert scores.dtype == np.float32
    assert abs(np.median(scores[:, 4500])) < 1e-6


def test_an_outlier_stands_out_and_does_not_hide_itself():
    scores = score_cohort(cohort())
    assert scores[0, 0] > 4
    assert (np.abs(scores[1:, 0]) < 4).all()


def test_what_cannot_be_scored_has_no_score():
    scores = score_cohort(cohort())
    assert np.isnan(scores[:, 1]).all()  # no spread
    assert np.isnan(scores[:, 4999]).all()  # five values
    assert np.isnan(scores[3, 2])
    assert np.isfinite(scores[4, 2])


def test_a_small_cohort_is_refused():
    with pytest.raises(InputError, match="7 sessions"):
        score_cohort(cohort(7))
