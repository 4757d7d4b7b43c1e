import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import TableError
from mslens.core.features import FeatureTable
from mslens.studies.edss_radiomics.stability import measure_stability


def table(values: np.ndarray, people: list[str], feature: str = "f") -> FeatureTable:
    n = values.shape[1]
    var = pd.DataFrame({"roi": "r", "image_type": "original", "feature_class": "glcm"}, range(n))
    var = var.assign(feature=[f"{feature}{i}" for i in range(n)], ibsi_code="")
    obs = pd.DataFrame({"participant_id": people, "session_id": ""})
    return FeatureTable(values.astype(np.float32), obs, var)


PEOPLE = [f"{i:02d}" for i in range(40)]
FIRST = np.random.default_rng(0).normal(size=(40, 6))


def test_noise_of_known_size_gives_its_icc():
    rng = np.random.default_rng(1)
    noise = np.array([0.0, 0.1, 1.0, 3.0, 0.0, 0.0])
    second = FIRST[:30] + noise * rng.normal(size=(30, 6))
    second[:, 4] = FIRST[:30, 4] + 5.0
    second[:, 5] = 1.0
    icc, n = measure_stability(table(FIRST, PEOPLE), table(second, PEOPLE[:30]), tuple(PEOPLE))
    assert n == 30
    assert icc[0] == pytest.approx(1.0)
    assert icc[1] > 0.97
    # Expected 1 / (1 + noise variance / 2).
    assert 0.4 < icc[2] < 0.85
    assert icc[3] < 0.5
    # Absolute agreement: a shift is no agreement.
    assert icc[4] < 0.2


def test_the_rows_are_matched_by_name():
    order = [7, 3, 21, 5]
    second = table(FIRST[order], [PEOPLE[i] for i in order])
    icc, n = measure_stability(table(FIRST, PEOPLE), second, tuple(PEOPLE))
    assert n == 4
    np.testing.assert_allclose(icc, 1.0)


def test_only_included_patients_count():
    second = table(FIRST[:10], PEOPLE[:10])
    assert measure_stability(table(FIRST, PEOPLE), second, tuple(PEOPLE[5:]))[1] == 5
    with pytest.raises(TableError, match=r"2 included patient\(s\) were measured twice"):
        measure_stability(table(FIRST, PEOPLE), second, tuple(PEOPLE[8:]))


def test_without_a_second_measurement_nothing_is_known():
    icc, n = measure_stability(table(FIRST, PEOPLE), None, tuple(PEOPLE))
    assert n == 0
    assert np.isnan(icc).all()


def test_other_features_are_refused():
    with pytest.raises(TableError, match="other features"):
        measure_stability(table(FIRST, PEOPLE), table(FIRST, PEOPLE, feature="g"), tuple(PEOPLE))
