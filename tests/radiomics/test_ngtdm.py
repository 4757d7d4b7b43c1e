import numpy as np
import pytest

from mslens.radiomics.neighbourhood import Neighbourhoods
from mslens.radiomics.ngtdm import NGTDM, describe_ngtdm


def describe(counts, differences, **options):
    counts = np.asarray(counts)
    around = Neighbourhoods(
        np.zeros((len(counts), 28), dtype=np.int64), counts, counts, np.asarray(differences)
    )
    return dict(zip(NGTDM, describe_ngtdm(around, **options), strict=True))


def test_the_worked_example_of_the_pyradiomics_manual():
    """The 5x5 image of the PyRadiomics documentation of NGTDM."""
    found = describe([0, 6, 2, 4, 0, 4], [0, 13.35, 2.0, 2.63, 0, 10.075])
    p, s, i = np.array([6, 2, 4, 4]) / 16, np.array([13.35, 2, 2.63, 10.075]), [1, 2, 3, 5]
    i = np.array(i, dtype=float)
    apart = i[:, None] - i
    assert found["Coarseness"] == pytest.approx(1 / (p * s).sum())
    assert found["Contrast"] == pytest.approx((np.outer(p, p) * apart**2).sum() / 12 * s.sum() / 16)
    assert found["Busyness"] == pytest.approx(
        (p * s).sum() / np.abs((i * p)[:, None] - i * p).sum()
    )
    assert found["Complexity"] == pytest.approx(
        (np.abs(apart) * (np.add.outer(p * s, p * s) / np.add.outer(p, p))).sum() / 16
    )
    assert found["Strength"] == pytest.approx((np.add.outer(p, p) * apart**2).sum() / s.sum())


def test_a_region_without_differences_is_as_coarse_as_it_gets():
    found = describe([0, 9], [0.0, 0.0])
    assert found["Coarseness"] == 1e6
    assert found["Contrast"] == found["Busyness"] == found["Strength"] == 0


def test_an_empty_region_has_no_values():
    assert np.isnan(list(describe([0, 0], [0.0, 0.0]).values())).all()
