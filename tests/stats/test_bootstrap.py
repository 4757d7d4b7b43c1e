import numpy as np
import pytest

from mslens.core.errors import InputError
from mslens.stats.bootstrap import BootstrapSettings, bootstrap_interval
from mslens.stats.correlation import correlate


def mean(values):
    return np.mean(values, axis=-1)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_interval_of_a_mean_is_that_of_theory(method):
    values = np.random.default_rng(0).normal(3, 2, size=400)
    result = bootstrap_interval(
        mean,
        values,
        rng=np.random.default_rng(1),
        settings=BootstrapSettings(n_resamples=5000, method=method),
    )
    error = values.std() / 20
    assert result.estimate == pytest.approx(values.mean())
    assert result.low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert result.high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_bca_is_scipy_for_a_correlation():
    from scipy import stats

    x = np.random.default_rng(2).normal(size=60)
    y = x + np.random.default_rng(3).normal(size=60)
    settings = BootstrapSettings(n_resamples=8000)
    ours = bootstrap_interval(correlate, x, y, rng=np.random.default_rng(4), settings=settings)
    oracle = stats.bootstrap(
        (x, y),
        lambda a, b: np.asarray(correlate(a, b)),
        paired=True,
        n_resamples=8000,
        vectorized=False,
        method="BCa",
        rng=np.random.default_rng(5),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((oracle.low, oracle.high), abs=0.015)


def test_patients_are_resampled_whole():
    rng = np.random.default_rng(6)
    level = np.repeat(rng.normal(size=30), 10)
    patient = np.repeat(np.arange(30), 10)
    values = level + 0.1 * rng.normal(size=300)
    naive = bootstrap_interval(mean, values, rng=np.random.default_rng(7))
    honest = bootstrap_interval(mean, values, rng=np.random.default_rng(7), clusters=patient)
    assert (honest.high - honest.low) > 2.5 * (naive.high - naive.low)
    assert honest.draws.std() == pytest.approx(level.std() / np.sqrt(30), rel=0.1)


def test_patients_with_unequal_numbers_of_scans():
    patient = np.array([0, 0, 0, 1, 2])
    draws = bootstrap_interval(
        mean, patient.astype(float), rng=np.random.default_rng(8), clusters=patient
    ).draws
    possible = {round(float(np.mean(np.concatenate(c))), 6) for c in _all_resamples()}
    assert {round(float(d), 6) for d in draws} <= possible


def _all_resamples():
    members = [[0, 0, 0], [1], [2]]
    return [
        [members[i], members[j], members[k]] for i in range(3) for j in range(3) for k in range(3)
    ]


def test_the_same_generator_gives_the_same_interval():
    values = np.arange(20.0)
    a, b = (bootstrap_interval(mean, values, rng=np.random.default_rng(9)) for _ in range(2))
    np.testing.assert_array_equal(a.draws, b.draws)
    assert (a.low, a.high) == (b.low, b.high)


def test_undefined_resamples_are_counted():
    y = np.r_[np.zeros(6), 1.0]
    result = bootstrap_interval(correlate, np.arange(7.0), y, rng=np.random.default_rng(10))
    assert 0 < result.n_undefined < 1000
    assert result.draws.size + result.n_undefined == 2000


@pytest.mark.parametrize(
    ("samples", "clusters", "message"),
    [
        (([1.0, 2.0], [1.0]), None, "sample_1 has 2, sample_2 has 1"),
        (([1.0, 2.0, 3.0], [1.0, 2.0, 3.5]), ["a", "a", "a"], "one patient only"),
        (([1.0, 1.0, 1.0], [1.0, 2.0, 3.5]), None, "not defined"),
        (([1.0, np.nan], [1.0, 2.0]), None, "NaN"),
    ],
)
def test_refuses_samples_without_an_interval(samples, clusters, message):
    with pytest.raises(InputError, match=message):
        bootstrap_interval(correlate, *samples, rng=np.random.default_rng(0), clusters=clusters)
