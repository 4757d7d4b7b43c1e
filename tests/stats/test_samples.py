import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.stats.samples import code_clusters, require_same_length, take_sample


def test_takes_numbers_as_float64():
    assert take_sample([1, 2], name="x").dtype == np.float64


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["2.5", "moderate"], "not a number"),
        ([1.0, np.nan], r"1 value\(s\) that are NaN or infinite, the first at 1"),
        ([np.inf, 1.0, np.nan], r"2 value\(s\)"),
        ([[1.0, 2.0]], "shape"),
        ([1.0], "1 value"),
    ],
)
def test_refuses_what_is_no_sample(values, message):
    with pytest.raises(InputError, match=message):
        take_sample(values, name="EDSS", min_size=2)


def test_names_the_lengths_that_differ():
    with pytest.raises(InputError, match="truth has 2, scores has 3"):
        require_same_length(truth=[1, 2], scores=[1, 2, 3])


def test_clusters_are_numbered_by_label():
    np.testing.assert_array_equal(code_clusters(["b", "a", "b"], 3), [1, 0, 1])
    np.testing.assert_array_equal(code_clusters(None, 3), [0, 1, 2])
    with pytest.raises(InputError, match="cluster labels"):
        code_clusters(["a"], 3)
