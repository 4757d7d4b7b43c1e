import numpy as np
import pytest

from mslens.segment.partial_volume import estimate_shares, fit_pure

MEAN, SD = np.array([0.2, 1.0, 1.5]), np.array([0.05, 0.05, 0.05])


def even(count):
    return np.full((3, count), 1 / 3)


def test_pure_voxels_are_pure():
    share = estimate_shares(MEAN, even(3), mean=MEAN, sd=0.01 * np.ones(3))
    assert np.diag(share) == pytest.approx(1.0, abs=0.06)
    assert share.sum(axis=0) == pytest.approx(1.0)


def test_a_mixture_is_shared_by_its_intensity():
    true = np.linspace(0.2, 0.8, 7)
    values = (1 - true) * MEAN[0] + true * MEAN[1]
    presence = np.array([[0.5], [0.5], [0.0]]) * np.ones(7)
    share = estimate_shares(values, presence, mean=MEAN, sd=SD)
    assert share[1] == pytest.approx(true, abs=0.02)
    assert share[2] == pytest.approx(0.0)


def test_volumes_of_many_mixed_voxels_are_right():
    rng = np.random.default_rng(0)
    true = np.concatenate([np.zeros(2000), rng.random(4000), np.ones(4000)])
    values = (1 - true) * MEAN[0] + true * MEAN[1] + 0.05 * rng.standard_normal(true.size)
    presence = np.array([[0.4], [0.6], [0.0]]) * np.ones(true.size)
    share = estimate_shares(values, presence, mean=MEAN, sd=SD)
    assert share[1].sum() == pytest.approx(true.sum(), rel=0.02)
    assert np.sqrt(np.mean((share[1] - true) ** 2)) < 0.08


def test_tissue_that_is_not_there_gets_nothing():
    presence = np.array([[1.0], [0.0], [0.0]])
    share = estimate_shares(np.array([0.6]), presence, mean=MEAN, sd=SD)
    assert share[:, 0] == pytest.approx([1, 0, 0])


def test_the_order_of_the_means_does_not_matter():
    values = np.linspace(0, 2, 9)
    one = estimate_shares(values, even(9), mean=MEAN, sd=SD)
    other = estimate_shares(values, even(9), mean=MEAN[::-1], sd=SD)
    assert other[::-1] == pytest.approx(one)


def test_values_beyond_all_means_are_pure():
    share = estimate_shares(np.array([-50.0, 50.0]), even(2), mean=MEAN, sd=SD)
    assert share[0, 0] == pytest.approx(1, abs=0.03)
    assert share[2, 1] == pytest.approx(1, abs=0.03)


def test_a_spread_of_nothing_is_refused():
    with pytest.raises(ValueError, match="spread above 0"):
        estimate_shares(np.ones(1), even(1), mean=MEAN, sd=np.array([0.1, 0.0, 0.1]))


def test_moments_of_pure_tissue_are_found_among_mixed_voxels():
    """From the moments of classes that took mixed voxels whole: too near and too wide."""
    rng = np.random.default_rng(3)
    true = np.concatenate([np.zeros(4000), rng.random(6000), np.ones(4000)])
    values = (1 - true) * MEAN[1] + true * MEAN[2] + 0.05 * rng.standard_normal(true.size)
    presence = np.array([[0.0], [0.5], [0.5]]) * np.ones(true.size)
    wide, near = np.array([0.05, 0.12, 0.12]), np.array([0.2, 1.06, 1.44])
    mean, sd = fit_pure(values, presence, mean=near, sd=wide)
    assert mean[1:] == pytest.approx(MEAN[1:], abs=0.01)
    assert sd[1:] == pytest.approx(SD[1:], rel=0.15)
    assert (mean[0], sd[0]) == (0.2, 0.05)
    errors = [
        np.sqrt(np.mean((estimate_shares(values, presence, mean=m, sd=s)[2] - true) ** 2))
        for m, s in ((near, wide), (mean, sd))
    ]
    assert errors[1] < 0.9 * errors[0]
