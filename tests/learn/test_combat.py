import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.learn.combat import ComBat


def two_sites(seed=0, n=80, p=60, gap=0.0):
    """Site 1 is shifted and scaled per column; age has an effect; rows of the same people."""
    rng = np.random.default_rng(seed)
    age = rng.normal(size=2 * n) + np.repeat([0.0, gap], n)
    effect, residual = np.outer(age, rng.normal(size=p)), rng.normal(size=(2 * n, p))
    shift = rng.normal(1.0, 0.5, size=p)
    scale = np.sqrt(1 / rng.gamma(20, 1 / 19, size=p)) * 1.5
    site = np.repeat([0.0, 1.0], n)
    seen = effect + residual
    seen[n:] = effect[n:] + residual[n:] * scale + shift
    return np.column_stack([site, age, seen]), effect + residual


def site_gap(values, n):
    return np.abs(values[:n].mean(axis=0) - values[n:].mean(axis=0))


def test_takes_shift_and_scale_away():
    X, _ = two_sites()
    out = ComBat(0, covariate_columns=(1,)).fit(X).transform(X)
    assert out.shape == (160, 61)
    np.testing.assert_array_equal(out[:, 0], X[:, 1])
    before, after = site_gap(X[:, 2:], 80), site_gap(out[:, 1:], 80)
    assert after.mean() < 0.3 * before.mean()
    ratio = out[80:, 1:].std(axis=0) / out[:80, 1:].std(axis=0)
    assert ratio.mean() == pytest.approx(1.0, abs=0.08)
    assert (X[80:, 2:].std(axis=0) / X[:80, 2:].std(axis=0)).mean() > 1.2


def test_keeps_the_effect_of_a_covariate_that_differs_between_sites():
    X, _ = two_sites(1, n=300, gap=2.0)
    kept = ComBat(0, covariate_columns=(1,)).fit(X).transform(X)[:, 1:]
    lost = ComBat(0, untouched_columns=(1,)).fit(X).transform(X)[:, 1:]
    truth = two_sites(1, n=300, gap=2.0)[1]
    expected = truth[300:].mean(axis=0) - truth[:300].mean(axis=0)
    strong = np.abs(expected) > 1

    def share(values):
        found = values[300:].mean(axis=0) - values[:300].mean(axis=0)
        return np.median(found[strong] / expected[strong])

    assert share(kept) > 0.7
    assert share(lost) < 0.3


def test_shrinks_the_noise_of_small_sites():
    """No site effect at all: empirical Bayes must take away less than the raw site means."""
    rng = np.random.default_rng(2)
    X = np.column_stack([np.repeat([0.0, 1.0], [100, 6]), rng.normal(size=(106, 200))])
    out = ComBat(0).fit(X).transform(X)
    moved = np.abs(out[100:] - X[100:, 1:]).mean()
    raw = np.abs(X[100:, 1:].mean(axis=0) - X[:, 1:].mean(axis=0)).mean()
    assert moved < raw


def test_a_new_site_is_refused_until_it_is_adapted_to():
    X, _ = two_sites(3)
    new = X[:40].copy()
    new[:, 0] = 7.0
    new[:, 2:] = 1.7 * new[:, 2:] + 3
    fitted = ComBat(0, covariate_columns=(1,)).fit(X)
    with pytest.raises(InputError, match=r"site 7.0 was not in the training rows"):
        fitted.transform(new)
    out = fitted.adapt(new).transform(new)
    reference = fitted.transform(X[:40])
    assert np.abs(out[:, 1:].mean(axis=0) - reference[:, 1:].mean(axis=0)).mean() < 0.25
    with pytest.raises(InputError, match="was harmonised"):
        fitted.adapt(new)


def test_the_target_has_no_way_in():
    X, _ = two_sites(4)
    y = np.random.default_rng(5).normal(size=len(X))
    a = ComBat(0, covariate_columns=(1,)).fit(X, y).transform(X)
    np.testing.assert_array_equal(a, ComBat(0, covariate_columns=(1,)).fit(X, -y).transform(X))


def test_without_sites_nothing_changes():
    X, _ = two_sites()
    np.testing.assert_array_equal(ComBat().fit(X).transform(X), X)


def test_names_lose_the_site():
    X, _ = two_sites(p=2)
    fitted = ComBat(0).fit(X)
    assert fitted.get_feature_names_out(["site", "age", "a", "b"]).tolist() == ["age", "a", "b"]


def test_a_constant_column_stays():
    X, _ = two_sites()
    X[:, 5] = 3.0
    out = ComBat(0, covariate_columns=(1,)).fit(X).transform(X)
    np.testing.assert_allclose(out[:, 4], 3.0)


@pytest.mark.parametrize(
    ("change", "arguments", "message"),
    [
        (lambda X: X[:82], {"covariate_columns": (1,)}, r"1 site\(s\) have too few.*1 \(2\)"),
        (
            lambda X: np.column_stack([X[:, 0], X[:, 0], X]),
            {"covariate_columns": (1,)},
            "determine the site",
        ),
        (lambda X: X, {"covariate_columns": (0,)}, "two roles"),
        (lambda X: X, {"untouched_columns": (99,)}, "no column 99"),
    ],
)
def test_refuses_sites_that_cannot_be_harmonised(change, arguments, message):
    with pytest.raises(InputError, match=message):
        ComBat(0, **arguments).fit(change(two_sites()[0]))
