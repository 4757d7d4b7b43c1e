"""External sites are brought to the training site, by their features alone."""

import numpy as np
import pandas as pd
import pytest

from mslens.core.errors import InputError
from mslens.studies.edss_radiomics.cohort import StudyMatrix
from mslens.studies.edss_radiomics.harmonise import harmonise_external
from mslens.studies.edss_radiomics.split import Split

N_HERE, N_THERE, N_FEATURES = 120, 60, 40


def make(shift=2.0, scale=1.7):
    """Features that depend on age; the other site is shifted and scaled."""
    rng = np.random.default_rng(4)
    n = N_HERE + N_THERE
    age = rng.uniform(20, 60, n)
    noise = rng.normal(size=(n, N_FEATURES))
    there = np.arange(n) >= N_HERE
    noise[there] = scale * noise[there] + shift
    features = 0.05 * age[:, None] + noise
    female = rng.integers(0, 2, n)
    chaco = rng.uniform(size=n)
    X = np.column_stack([age, female, chaco, features]).astype(np.float32)
    names = np.array(["age", "female", "chaco", *(f"f{i}" for i in range(N_FEATURES))], object)
    blocks = {
        "clinical": np.array([0, 1]),
        "disconnection": np.array([2]),
        "radiomics": np.arange(3, X.shape[1]),
    }
    matrix = StudyMatrix(X, names, blocks, np.ones(X.shape[1]))
    rows = {
        "training": np.arange(100),
        "internal": np.arange(100, N_HERE),
        "external": np.flatnonzero(there),
    }
    sites = pd.Series(np.where(there, "B", "A"))
    return matrix, sites, Split(rows, "A", ("B",))


def residuals(matrix, rows):
    return matrix.X[rows, 3:] - 0.05 * matrix.X[rows, :1]


def test_shift_and_scale_of_the_other_site_are_gone():
    matrix, sites, split = make()
    found = harmonise_external(matrix, sites, split)
    before = residuals(matrix, split.rows["external"])
    after = residuals(found, split.rows["external"])
    assert before.mean() > 1.8
    assert before.std(axis=0).mean() > 1.5
    assert abs(after.mean()) < 0.1
    assert after.std(axis=0).mean() == pytest.approx(1.0, abs=0.1)


def test_training_and_internal_rows_and_other_blocks_stay():
    matrix, sites, split = make()
    found = harmonise_external(matrix, sites, split)
    np.testing.assert_array_equal(found.X[:N_HERE], matrix.X[:N_HERE])
    np.testing.assert_array_equal(found.X[:, :3], matrix.X[:, :3])


def test_internal_rows_change_nothing():
    matrix, sites, split = make()
    other = StudyMatrix(matrix.X.copy(), matrix.names, matrix.blocks, matrix.icc)
    other.X[split.rows["internal"], 3:] += 100
    first, second = (harmonise_external(m, sites, split) for m in (matrix, other))
    np.testing.assert_array_equal(first.X[split.rows["external"]], second.X[split.rows["external"]])


def test_one_site_needs_nothing():
    matrix, sites, split = make()
    alone = Split({k: v for k, v in split.rows.items() if k != "external"}, "A", ())
    assert harmonise_external(matrix, sites, alone) is matrix


def test_a_site_of_two_is_too_small():
    matrix, sites, split = make()
    sites.iloc[-2:] = "C"
    with pytest.raises(InputError, match="too few rows"):
        harmonise_external(matrix, sites, split)
