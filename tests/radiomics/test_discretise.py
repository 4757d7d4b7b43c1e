import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mslens.core.errors import SettingsError
from mslens.radiomics.discretise import Discretisation, discretise

VALUES = arrays(np.float64, st.integers(2, 40), elements=st.floats(-1e3, 1e3, width=32))


def test_bins_of_a_fixed_width_start_at_a_multiple_of_the_width():
    values = np.array([-12.5, -10.0, -0.1, 0.0, 9.9, 10.0, 37.0])
    found = discretise(values, Discretisation(bin_width=10))
    assert found.values.tolist() == [1, 2, 2, 3, 3, 4, 6]


def test_bins_can_start_at_a_given_value():
    values = np.array([-500.0, -475.1, -475.0, 0.0, 400.0])
    settings = Discretisation(bin_width=25, anchor=-500.0)
    assert discretise(values, settings).values.tolist() == [1, 1, 2, 21, 37]


@pytest.mark.parametrize("anchor", ["zero", "minimum"])
def test_a_fixed_count_gives_that_many_levels(anchor):
    found = discretise(
        np.linspace(3, 17, 500), Discretisation(method="count", bin_count=8, anchor=anchor)
    )
    assert found.count == 8
    assert (np.unique(found.values) == np.arange(1, 9)).all()


@given(VALUES, st.sampled_from([0.1, 0.3, 1.0, 7.0]))
def test_fixed_width_equals_numpys_digitize(values, width):
    low = values.min() - values.min() % width
    edges = np.arange(low, values.max() + 2 * width, width)
    found = discretise(values, Discretisation(bin_width=width))
    assert (found.values == np.digitize(values, edges)).all()


@given(VALUES, st.integers(1, 20))
def test_fixed_count_equals_numpys_digitize(values, count):
    edges = np.histogram(values, count)[1]
    edges[-1] += 1
    found = discretise(values, Discretisation(method="count", bin_count=count))
    assert (found.values == np.digitize(values, edges)).all()


def test_a_flat_region_has_one_level():
    assert discretise(np.full(5, 3.0), Discretisation()).count == 1
    assert np.unique(discretise(np.full(5, 3.0), Discretisation(method="count")).values).size == 1


@pytest.mark.parametrize(
    "settings",
    [
        Discretisation(bin_width=0),
        Discretisation(bin_width=-1),
        Discretisation(bin_width=1e-12),
        Discretisation(method="count", bin_count=0),
    ],
)
def test_impossible_bins_are_refused(settings):
    with pytest.raises(SettingsError):
        discretise(np.array([0.0, 1.0]), settings)
