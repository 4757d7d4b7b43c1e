import numpy as np
import pytest

from mslens.segment.bias_polynomial import fit_bias, polynomial_basis


@pytest.mark.parametrize(("degree", "terms"), [(0, 1), (1, 4), (2, 10), (3, 20)])
def test_basis_is_complete_and_scaled(degree, terms):
    mask = np.ones((6, 5, 4), bool)
    basis = polynomial_basis(mask, degree=degree)
    assert basis.shape == (mask.sum(), terms)
    assert (basis[:, 0] == 1).all()
    assert np.abs(basis).max() <= 1
    assert np.linalg.matrix_rank(basis.astype(float)) == terms


def test_basis_at_chosen_voxels_is_a_part_of_the_whole():
    mask = np.ones((6, 5, 4), bool)
    some = np.zeros_like(mask)
    some[::2, 1, 3] = True
    whole = polynomial_basis(mask, degree=2)
    np.testing.assert_array_equal(polynomial_basis(mask, degree=2, at=some), whole[some[mask]])


def test_known_bias_is_found():
    rng = np.random.default_rng(0)
    mask = np.ones((12, 12, 12), bool)
    basis = polynomial_basis(mask, degree=2).astype(float)
    truth = np.zeros(10)
    truth[[0, 1, 4]] = 1.0, 0.2, 0.1
    bias = basis @ truth
    bias /= bias.mean()
    labels = rng.integers(0, 2, len(bias))
    mean, sd = np.array([60.0, 100.0]), np.array([4.0, 4.0])
    values = mean[labels] * bias + rng.normal(0, 4, len(bias))
    weights = np.stack([labels == 0, labels == 1]).astype(float)
    found = basis @ fit_bias(values, weights, mean=mean, sd=sd, basis=basis)
    assert found.mean() == pytest.approx(1)
    np.testing.assert_allclose(found, bias, atol=0.01)
