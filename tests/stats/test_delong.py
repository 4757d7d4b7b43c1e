import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import InputError
from mslens.stats.delong import compare_aucs


def pairwise_auc(truth, score):
    wins = score[truth][:, None] - score[~truth][None, :]
    return ((wins > 0) + 0.5 * (wins == 0)).mean()


def textbook_covariance(truth, scores):
    """DeLong's covariance from the full matrix of pairs."""
    components = []
    for score in scores:
        wins = score[truth][:, None] - score[~truth][None, :]
        psi = (wins > 0) + 0.5 * (wins == 0)
        components.append((psi.mean(axis=1), psi.mean(axis=0)))
    v10, v01 = (np.array(side) for side in zip(*components, strict=True))
    return np.cov(v10) / truth.sum() + np.cov(v01) / (~truth).sum()


def test_tiny_example_of_the_specification():
    positive = [[0.9, 0.8, 0.6, 0.4], [0.7, 0.9, 0.3, 0.6]]
    negative = [[0.7, 0.5, 0.3, 0.2, 0.1], [0.8, 0.4, 0.5, 0.1, 0.2]]
    result = compare_aucs([1] * 4 + [0] * 5, np.concatenate([positive, negative], axis=1))
    np.testing.assert_allclose(result.auc, [0.85, 0.75])
    assert result.z[0, 1] == pytest.approx(0.699854, abs=5e-7)


@pytest.mark.data
def test_subarachnoid_haemorrhage_table(data_dir):
    table = pd.read_csv(data_dir / "reference_stats" / "aSAH.csv")
    truth = (table["outcome"] == "Poor").to_numpy()
    assert (truth.sum(), truth.size) == (41, 113)
    result = compare_aucs(truth, table[["wfns", "s100b", "ndka"]].to_numpy(float).T)
    np.testing.assert_allclose(result.auc, [0.823679, 0.731369, 0.611958], atol=5e-7)
    assert result.z[0, 1] == pytest.approx(2.208984, abs=5e-7)
    assert result.p[0, 1] == pytest.approx(0.0271758, abs=5e-8)
    assert result.z[0, 2] == pytest.approx(2.797776, abs=5e-7)
    assert result.z[2, 1] == pytest.approx(-1.390770, abs=5e-7)


@given(st.integers(0, 2**32 - 1), st.integers(2, 12), st.integers(2, 12), st.integers(1, 4))
def test_equals_the_textbook_formula_with_ties(seed, m, n, k):
    rng = np.random.default_rng(seed)
    truth = np.r_[np.ones(m, bool), np.zeros(n, bool)]
    scores = rng.integers(0, 5, size=(k, m + n)).astype(float)
    result = compare_aucs(truth, scores)
    np.testing.assert_allclose(result.auc, [pairwise_auc(truth, row) for row in scores])
    np.testing.assert_allclose(
        result.covariance, np.atleast_2d(textbook_covariance(truth, scores)), atol=1e-12
    )


def test_one_observation_per_patient_is_delong():
    rng = np.random.default_rng(1)
    truth, scores = rng.random(60) < 0.4, rng.normal(size=(3, 60))
    plain = compare_aucs(truth, scores)
    clustered = compare_aucs(truth, scores, clusters=rng.permutation(60))
    np.testing.assert_allclose(clustered.covariance, plain.covariance, rtol=1e-12)


def test_repeating_every_observation_adds_no_certainty():
    rng = np.random.default_rng(2)
    truth, scores = rng.random(50) < 0.5, rng.normal(size=(2, 50))
    once = compare_aucs(truth, scores)
    thrice = compare_aucs(np.tile(truth, 3), np.tile(scores, 3), clusters=np.tile(np.arange(50), 3))
    np.testing.assert_allclose(thrice.covariance, once.covariance, rtol=1e-12)
    naive = compare_aucs(np.tile(truth, 3), np.tile(scores, 3))
    assert (np.diag(naive.covariance) < 0.5 * np.diag(once.covariance)).all()


def test_clustered_standard_error_is_the_spread_of_repeated_studies():
    rng = np.random.default_rng(3)
    patient = np.repeat(np.arange(40), 5)
    areas, errors = [], []
    for _ in range(300):
        shared = rng.normal(size=40)[patient]
        truth = rng.random(200) < 1 / (1 + np.exp(-shared))
        score = 0.8 * truth + shared + rng.normal(size=200)
        result = compare_aucs(truth, score, clusters=patient)
        areas.append(result.auc[0])
        errors.append(result.standard_error[0])
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.12)


def test_one_model_against_itself_is_no_difference():
    rng = np.random.default_rng(4)
    score = rng.normal(size=30)
    result = compare_aucs(np.arange(30) < 12, np.stack([score, score]))
    assert result.z[0, 1] == 0
    assert result.p[0, 1] == 1
    assert result.equality() == (0.0, 0, 1.0)


def test_equality_of_two_is_the_square_of_z():
    rng = np.random.default_rng(5)
    result = compare_aucs(np.arange(50) < 20, rng.normal(size=(2, 50)))
    chi2, df, p = result.equality()
    assert (df, chi2) == (1, pytest.approx(result.z[0, 1] ** 2))
    assert p == pytest.approx(result.p[0, 1])


def test_perfect_separation_has_no_spread_and_an_interval_of_one_point():
    result = compare_aucs([1, 1, 0, 0], [4.0, 3.0, 2.0, 1.0])
    assert result.auc[0] == 1
    np.testing.assert_array_equal(result.interval(), [[1, 1]])


@pytest.mark.parametrize(
    ("truth", "scores", "clusters", "message"),
    [
        ([1, 0, 0], [1.0, 2.0, 3.0], None, "1 positive and 2 negative"),
        ([1, 1, 0, 0], [1.0, 2.0, 3.0], None, "4 observations"),
        ([1, 1, 0, 0], [1.0, 2.0, 3.0, np.nan], None, "NaN"),
        ([1, 2, 0, 0], [1.0, 2.0, 3.0, 4.0], None, "0 and 1"),
        ([1, 1, 0, 0], [1.0, 2.0, 3.0, 4.0], list("aabc"), r"1 patient\(s\) have a positive"),
    ],
)
def test_refuses_what_cannot_be_compared(truth, scores, clusters, message):
    with pytest.raises(InputError, match=message):
        compare_aucs(truth, scores, clusters=clusters)
