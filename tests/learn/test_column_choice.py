import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.learn.column_choice import ColumnChoice

X = np.arange(12.0).reshape(3, 4)


def test_leaves_out_what_was_named_and_keeps_the_order():
    np.testing.assert_array_equal(ColumnChoice((2, 0)).fit_transform(X), X[:, [1, 3]])
    np.testing.assert_array_equal(ColumnChoice().fit_transform(X), X)


def test_refuses_a_column_that_does_not_exist():
    with pytest.raises(InputError, match="no column 4"):
        ColumnChoice((4,)).fit(X)
