import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError
from mslens.evaluate.edss import EDSS_STEPS, measure_edss_errors, snap_to_edss


def test_scale_has_twenty_values_and_no_half():
    assert EDSS_STEPS.size == 20
    assert 0.5 not in EDSS_STEPS
    assert EDSS_STEPS[[0, 1, 2, -1]].tolist() == [0.0, 1.0, 1.5, 10.0]


@given(st.floats(-5, 15))
def test_snaps_to_the_nearest_value(number):
    snapped = float(snap_to_edss(number))
    assert abs(snapped - number) == pytest.approx(np.abs(EDSS_STEPS - number).min())


def test_halfway_goes_up_and_nan_stays():
    np.testing.assert_array_equal(snap_to_edss([0.5, 1.25, np.nan]), [1.0, 1.5, np.nan])


def test_errors_by_hand():
    errors = measure_edss_errors([0.0, 2.0, 4.0, 6.0], [1.1, 2.2, 5.1, 3.0])
    assert errors.exact == 0.25
    assert errors.within_half == 0.25
    assert errors.within_one == 0.75
    assert errors.within_one_unsnapped == 0.25
    assert errors.mean_steps == (1 + 0 + 2 + 6) / 4


def test_refuses_a_score_that_no_edss_has():
    with pytest.raises(InputError, match=r"0\.5 is not a value of the EDSS"):
        measure_edss_errors([0.5, 2.0], [1.0, 2.0])
