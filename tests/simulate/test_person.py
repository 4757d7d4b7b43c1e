import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.simulate.person import build_person


def build(**changes):
    values = {
        "seed": 3,
        "name": "B",
        "female": False,
        "load_ml": 4.0,
        "visits": [(0.0, "RR"), (6.0, "RR")],
        "voxel_size_mm": 4.0,
    }
    return build_person(**{**values, **changes})


def test_the_same_person_comes_out_twice():
    first, again = build(), build()
    np.testing.assert_array_equal(first.levels.fluid, again.levels.fluid)
    np.testing.assert_array_equal(first.foci.index, again.foci.index)
    np.testing.assert_array_equal(first.bed.noise, again.bed.noise)


def test_further_visits_leave_the_earlier_lesions_alone():
    one, two = build(visits=[(0.0, "RR")]), build()
    n = len(one.foci)
    np.testing.assert_array_equal(one.foci.index, two.foci.index[:n])
    assert (two.foci.onset_years[n:] > 0).all()


def test_a_control_has_neither_lesions_nor_dirty_white_matter():
    control = build(load_ml=0.0, visits=[])
    assert len(control.foci) == 0
    assert control.dirty == 0.0


def test_more_lesions_than_white_matter_are_refused():
    with pytest.raises(InputError, match="of white matter"):
        build(load_ml=2000.0)
