import numpy as np
import pytest

from mslens.radiomics.emphasis import EMPHASES
from mslens.radiomics.gldm import describe_gldm
from mslens.radiomics.neighbourhood import Neighbourhoods
from radiomics import brute


def test_features_equal_their_definitions():
    counts = {(1, 1): 3, (1, 4): 2, (2, 2): 5, (3, 1): 1}
    matrix = np.zeros((4, 28), dtype=np.int64)
    for key, count in counts.items():
        matrix[key] = count
    around = Neighbourhoods(matrix, matrix.sum(1), matrix.sum(1), np.zeros(4))
    found = dict(zip(EMPHASES, describe_gldm(around), strict=True))
    for name, value in brute.emphases(counts).items():
        assert found[name] == pytest.approx(value), name
    assert found["percentage"] == 1.0
