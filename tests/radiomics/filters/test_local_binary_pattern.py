import numpy as np
import pytest

from mslens.radiomics.filters.local_binary_pattern import (
    LocalBinaryPattern,
    icosphere,
    local_binary_pattern,
)


@pytest.mark.parametrize(("subdivisions", "count"), [(0, 12), (1, 42), (2, 162)])
def test_the_sphere_is_round_and_balanced(subdivisions, count):
    points = icosphere(subdivisions)
    assert points.shape == (count, 3)
    assert np.linalg.norm(points, axis=1) == pytest.approx(1)
    assert points.sum(axis=0) == pytest.approx(0, abs=1e-9)


def test_where_all_samples_lie_above_the_centre_the_pattern_is_known():
    image = np.zeros((7, 7, 7))
    image[3, 3, 3] = -50.0
    inside = image < 0
    maps = local_binary_pattern(image, inside, settings=LocalBinaryPattern())
    n = 42
    expected = np.sqrt(n) * n / (4 * np.pi)
    assert maps["m1"][3, 3, 3] == pytest.approx(expected)
    assert maps["m1"][0, 0, 0] == 0
