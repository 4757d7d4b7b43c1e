import numpy as np
import pytest

from mslens.radiomics.local_intensity import describe_peaks


def test_peaks_are_means_over_a_millilitre():
    image = np.zeros((31, 31, 31))
    image[15, 15, 15] = 1000.0
    inside = np.zeros(image.shape, dtype=bool)
    inside[10:21, 10:21, 10:21] = True
    found = describe_peaks(image, inside, spacing_mm=(1, 1, 1))
    k, j, i = np.meshgrid(*[np.arange(-7, 8)] * 3, indexing="ij")
    ball = (k**2 + j**2 + i**2 <= 6.2035**2).sum()
    assert found["peak_loc"] == pytest.approx(1000 / ball)
    assert found["peak_glob"] == pytest.approx(1000 / ball)


def test_the_global_peak_can_lie_away_from_the_brightest_voxel():
    image = np.zeros((40, 12, 12))
    image[25:38] = 10.0
    image[2, 5, 5] = 100.0
    inside = np.ones(image.shape, dtype=bool)
    found = describe_peaks(image, inside, spacing_mm=(1, 1, 1))
    assert found["peak_glob"] > found["peak_loc"]
