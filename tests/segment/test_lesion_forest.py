import numpy as np
import pytest

from mslens.core.errors import SettingsError
from mslens.segment.lesion_forest import (
    GIVE_UP_AFTER,
    GIVE_UP_BELOW,
    Forest,
    predict_margin,
)


def stump(threshold=0.5, *, missing_left=True):
    """One tree: feature 1 up to the threshold gives -1, above it 2."""
    return Forest(
        roots=np.array([0], np.int32),
        feature=np.array([1, -1, -1], np.int16),
        threshold=np.array([threshold, 0.0, 0.0]),
        left=np.array([1, 0, 0], np.int32),
        right=np.array([2, 0, 0], np.int32),
        missing_left=np.array([missing_left, False, False]),
        value=np.array([0.0, -1.0, 2.0]),
        baseline=np.array([0.25]),
    )


def test_rows_fall_into_the_leaf_that_the_threshold_says():
    rows = np.array([[9, 0.5], [9, 0.500001], [9, -3]], np.float32)
    assert predict_margin(stump(), rows).tolist() == [-0.75, 2.25, -0.75]


@pytest.mark.parametrize(("missing_left", "expected"), [(True, -0.75), (False, 2.25)])
def test_a_missing_value_goes_where_the_fit_sent_it(missing_left, expected):
    rows = np.array([[0, np.nan]], np.float32)
    assert predict_margin(stump(missing_left=missing_left), rows).tolist() == [expected]


def test_no_rows_give_no_margins():
    assert predict_margin(stump(), np.empty((0, 2), np.float32)).shape == (0,)


def test_arrays_come_back():
    arrays = stump().arrays("x")
    again = Forest.from_arrays(arrays, "x", n_features=2)
    rows = np.random.default_rng(0).random((50, 2)).astype(np.float32)
    assert (predict_margin(again, rows) == predict_margin(stump(), rows)).all()


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [("left", 0, 0), ("right", 0, 3), ("feature", 0, 2), ("roots", 0, 3), ("feature", 0, -2)],
)
def test_a_node_that_leads_astray_is_refused(name, place, value):
    arrays = stump().arrays("x")
    changed = arrays[f"x_{name}"].copy()
    changed[place] = value
    with pytest.raises(SettingsError, match="damaged"):
        Forest.from_arrays(arrays | {f"x_{name}": changed}, "x", n_features=2)


def test_a_missing_array_is_named():
    arrays = stump().arrays("x")
    del arrays["x_value"]
    with pytest.raises(SettingsError, match="x_value"):
        Forest.from_arrays(arrays, "x", n_features=2)


def test_a_hopeless_row_falls_through_no_more_trees():
    n = GIVE_UP_AFTER + 10
    forest = Forest(
        roots=np.arange(n, dtype=np.int32),
        feature=np.full(n, -1, np.int16),
        threshold=np.zeros(n),
        left=np.zeros(n, np.int32),
        right=np.zeros(n, np.int32),
        missing_left=np.zeros(n, bool),
        value=np.full(n, -1.0),
        baseline=np.array([0.0]),
    )
    row = np.zeros((1, 1), np.float32)
    assert predict_margin(forest, row)[0] == -GIVE_UP_AFTER < GIVE_UP_BELOW
    hopeful = forest.__class__(**{**vars(forest), "baseline": np.array([1.0 + GIVE_UP_AFTER])})
    assert predict_margin(hopeful, row)[0] == 1.0 - 10
