import numpy as np
import pytest

from mslens.radiomics.intensity_volume_histogram import describe_volume_histogram


def test_a_uniform_range_loses_volume_evenly():
    found = describe_volume_histogram(np.arange(11.0), intensities=np.arange(11.0))
    assert found["v10"] == pytest.approx(10 / 11)
    assert found["v90"] == pytest.approx(2 / 11)
    assert found["i10"] == 10
    assert found["i90"] == 2
    assert found["auc"] == pytest.approx(0.5 + 0.5 / 11)


def test_intensities_that_no_voxel_has_still_count():
    found = describe_volume_histogram(np.array([0.0, 0, 0, 10]), intensities=np.arange(11.0))
    assert found["v10"] == found["v90"] == 0.25
    assert found["i10"] == 11
