"""The posterior of growth by hand, and what speaks against it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr

from mslens.segment.change_evidence import ChangeEvidenceSettings, ChangeView, weigh_change

PLAIN = ChangeEvidenceSettings(wild_share=0.0, fluid_weight=0.0, excess_weight=0.0)


def view(rise, *, before=1.0, p_before=0.0, p_after=0.5, spread=0.1, contrast=0.5):
    def full(value):
        return np.full((2, 2, 2), value, dtype=np.float32)

    return ChangeView(
        full(rise), full(spread), full(before), full(p_before), full(p_after), contrast
    )


def posterior(seen, settings=PLAIN):
    return float(weigh_change(seen, np.ones((2, 2, 2), dtype=bool), settings=settings)[0, 0, 0])


def test_the_posterior_is_that_of_bayes_rule():
    prior = 0.4 * (1 - 0.2)
    unchanged = np.exp(-0.5 * 2.0**2) / (np.sqrt(2 * np.pi) * 0.1)
    changed = (ndtr(2.0) - ndtr((0.2 - 0.7) / 0.1)) / 0.7
    expected = prior * changed / (prior * changed + (1 - prior) * unchanged)
    assert posterior(view(0.2, p_before=0.2, p_after=0.4)) == pytest.approx(expected, rel=1e-5)


def test_it_rises_with_the_difference_and_with_the_later_probability():
    rises = [posterior(view(rise)) for rise in (0.05, 0.15, 0.25, 0.35)]
    assert rises == sorted(rises)
    assert rises[0] < 0.5 < 0.99 < rises[-1]
    assert posterior(view(0.15, p_after=0.1)) < posterior(view(0.15, p_after=0.9))
    assert posterior(view(0.15, p_before=0.8)) < posterior(view(0.15, p_before=0.0))


def test_a_clear_difference_overrules_a_segmentation_that_saw_nothing():
    settings = ChangeEvidenceSettings()
    deaf = ChangeEvidenceSettings(prior_range=(1e-5, 0.95))
    assert posterior(view(0.4, p_after=0.02, spread=0.05), settings) > 0.7
    assert posterior(view(0.4, p_after=0.0, spread=0.05), settings) > 0.4
    assert posterior(view(0.4, p_after=0.0, spread=0.05), deaf) < 0.01
    assert posterior(view(0.1, p_after=0.0, spread=0.05), settings) < 0.05


def test_fluid_that_turns_bright_is_no_lesion():
    settings = ChangeEvidenceSettings()
    assert posterior(view(0.4), settings) > 0.9
    assert posterior(view(0.4, before=0.5), settings) < 0.1


def test_what_changes_by_more_than_a_whole_lesion_is_none():
    settings = ChangeEvidenceSettings()
    assert posterior(view(1.2), settings) < posterior(view(0.5), settings)
    assert posterior(view(1.5), settings) < 0.5


def test_nothing_is_judged_outside_nor_where_it_became_darker():
    where = np.zeros((2, 2, 2), dtype=bool)
    assert not weigh_change(view(0.4), where, settings=PLAIN).any()
    assert posterior(view(-0.1)) == 0.0


def test_extremes_stay_finite_and_the_input_is_left_alone():
    seen = view(50.0, spread=1e-6, p_after=1.0, p_before=1.0)
    before = seen.rise.copy()
    assert np.isfinite(posterior(seen))
    assert np.isfinite(posterior(replace(seen, p_after=np.zeros((2, 2, 2)))))
    np.testing.assert_array_equal(seen.rise, before)
