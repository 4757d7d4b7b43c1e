import numpy as np
import pytest

from mslens.core.errors import GridMismatch
from mslens.evaluate.lesion_matching import match_lesions


def line(*labels):
    return np.array(labels, dtype=np.int32).reshape(-1, 1, 1)


def test_known_matches():
    true = line(1, 1, 0, 2, 0, 3, 3, 0, 0)
    found = line(0, 1, 0, 0, 0, 2, 2, 0, 3)
    match = match_lesions(found, true)
    assert match.partner.tolist() == [1, 0, 2]
    assert match.is_real.tolist() == [True, True, False]
    assert (match.n_detected, match.n_false_positive) == (2, 1)
    assert match.sensitivity == pytest.approx(2 / 3)
    assert match.precision == pytest.approx(2 / 3)
    assert match.f1 == pytest.approx(2 / 3)


def test_the_partner_is_the_lesion_with_most_voxels_inside():
    match = match_lesions(line(1, 2, 2, 0), line(1, 1, 1, 1))
    assert match.partner.tolist() == [2]
    assert match.is_real.all()


def test_one_found_lesion_may_cover_several_true_ones():
    match = match_lesions(line(1, 1, 1), line(1, 0, 2))
    assert match.partner.tolist() == [1, 1]
    assert match.f1 == 1.0


def test_touching_what_need_not_be_found_is_no_false_positive():
    found, true = line(1, 0, 2), line(0, 0, 0)
    match = match_lesions(found, true, other_true=line(1, 0, 0))
    assert match.is_real.tolist() == [True, False]
    assert match.partner.size == 0
    assert np.isnan(match.sensitivity)
    assert match.f1 == 0.0


def test_nothing_at_all_has_no_score():
    match = match_lesions(line(0, 0), line(0, 0))
    assert np.isnan([match.sensitivity, match.precision, match.f1]).all()


def test_other_grids_are_refused():
    with pytest.raises(GridMismatch):
        match_lesions(line(1, 0), line(1, 0, 0))
