import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.learn.covariates import CovariateZScore


def brains(seed=0, n=200):
    rng = np.random.default_rng(seed)
    age, sex = rng.normal(40, 10, n), rng.integers(0, 2, n)
    residual = rng.normal(size=n)
    volume = 1000 - 3 * age + 50 * sex + 20 * residual
    return np.column_stack([age, sex, volume, rng.normal(size=n)]), residual


def test_gives_back_the_true_deviation():
    X, residual = brains()
    scored = CovariateZScore((0, 1), (2,)).fit(X).transform(X)
    assert np.corrcoef(scored[:, 2], residual)[0, 1] > 0.99
    assert scored[:, 2].std(ddof=3) == pytest.approx(1.0)
    np.testing.assert_array_equal(scored[:, [0, 1, 3]], X[:, [0, 1, 3]])


def test_the_expectation_is_that_of_the_training_rows():
    X, residual = brains(1)
    fitted = CovariateZScore((0, 1), (2,)).fit(X[:150])
    lower = X[150:].copy()
    lower[:, 2] -= 40
    np.testing.assert_allclose(
        fitted.transform(X[150:])[:, 2] - fitted.transform(lower)[:, 2],
        40 / fitted.residual_spread_[0],
    )
    assert fitted.transform(X[150:])[:, 2] == pytest.approx(residual[150:], abs=0.5)


def test_is_ordinary_least_squares():
    import statsmodels.api as sm

    X, _ = brains(2)
    oracle = sm.OLS(X[:, 2], sm.add_constant(X[:, :2])).fit()
    fitted = CovariateZScore((0, 1), (2,)).fit(X)
    np.testing.assert_allclose(fitted.coef_[:, 0], oracle.params)
    assert fitted.residual_spread_[0] == pytest.approx(np.sqrt(oracle.scale))


def test_a_measure_that_covariates_explain_wholly_is_zero():
    X, _ = brains(3)
    X[:, 2] = 2 * X[:, 0] + 1
    assert not CovariateZScore((0, 1), (2,)).fit(X).transform(X)[:, 2].any()


def test_single_precision_stays_single():
    X, _ = brains()
    assert (
        CovariateZScore((0,)).fit(X.astype(np.float32)).transform(X.astype(np.float32)).dtype
        == np.float32
    )


@pytest.mark.parametrize(
    ("arguments", "rows", "message"),
    [
        (((9,), None), 20, "no column 9"),
        (((0,), (0, 2)), 20, "covariate and adjusted"),
        (((0, 1), None), 3, r"3 row\(s\) for 3 coefficients"),
    ],
)
def test_refuses_impossible_roles(arguments, rows, message):
    with pytest.raises(InputError, match=message):
        CovariateZScore(*arguments).fit(brains()[0][:rows])
