import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

from learn.cohorts import factor_cohort
from mslens.core.errors import InputError
from mslens.learn.factors import SparseFactors, check_columns, count_factors


def best_match(scores, factor):
    return max(abs(np.corrcoef(column, factor)[0, 1]) for column in scores.T)


def test_recovers_the_factors_of_new_patients():
    X, _, factors = factor_cohort()
    fitted = SparseFactors().fit(X[:120])
    assert fitted.n_factors_ == 4
    scores = fitted.transform(X)
    for k in range(4):
        assert best_match(scores[120:], factors[120:, k]) > 0.97


def test_sparse_loadings_serve_new_patients_better_than_principal_components():
    """One column in fifty holds the factor: in components the others' noise adds up."""
    X, _, factors = factor_cohort(1, n=300, p=12_000, informative=0.02, n_nuisance=10)
    train, new, truth = slice(0, 200), slice(200, 300), factors[:, -1]

    def explained(transformer):
        scores = transformer.fit(X[train]).transform(X)
        fit = LinearRegression().fit(scores[train], truth[train])
        return fit.score(scores[new], truth[new])

    assert explained(SparseFactors(11)) > 0.97
    assert explained(PCA(11, random_state=0)) < 0.85


def test_scores_are_standardised_in_the_training_rows():
    X, _, _ = factor_cohort(2)
    scores = SparseFactors().fit(X).transform(X)
    np.testing.assert_allclose(scores.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(scores.std(axis=0), 1, rtol=1e-6)


def test_untouched_columns_are_appended_and_in_no_factor():
    X, _, _ = factor_cohort(3)
    fitted = SparseFactors(untouched_columns=(0, 7)).fit(X)
    out = fitted.transform(X)
    np.testing.assert_array_equal(out[:, -2:], X[:, [0, 7]])
    assert not fitted.loadings_[[0, 7]].any()
    names = fitted.get_feature_names_out([f"c{i}" for i in range(X.shape[1])])
    assert names[-2:].tolist() == ["c0", "c7"]
    assert names[0] == "factor1"


def test_noise_has_no_factor_that_stands_out():
    noise = np.random.default_rng(4).normal(size=(100, 3000))
    values = np.linalg.eigvalsh(np.cov(noise) * 2999)[::-1]
    assert count_factors(values, 100) == 1


def test_a_constant_column_and_few_rows_are_no_trouble():
    X = np.random.default_rng(5).normal(size=(4, 30))
    X[:, 3] = 1.0
    fitted = SparseFactors(10).fit(X)
    assert fitted.n_factors_ <= 3
    assert np.isfinite(fitted.transform(X)).all()


def test_refuses_columns_that_do_not_exist_or_do_not_vary():
    with pytest.raises(InputError, match="no column 3"):
        check_columns([0, 3], 3)
    with pytest.raises(InputError, match="no column varies"):
        SparseFactors().fit(np.ones((5, 3)))
