import numpy as np
import pytest

from mslens.core.errors import ImageError
from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, DisplacementTransform, apply_affine, identity


def test_inverse_undoes():
    matrix = np.array([[0, -2.0, 0, 5], [1, 0, 0, 1], [0, 0.1, 3, 0], [0, 0, 0, 1]])
    points = np.random.default_rng(0).normal(size=(9, 3))
    there = apply_affine(matrix, points)
    assert np.allclose(apply_affine(AffineTransform(matrix).inverse().matrix, there), points)
    assert np.allclose(apply_affine(identity().matrix, points), points)


def test_a_field_must_fit_its_grid():
    with pytest.raises(ImageError, match="shape"):
        DisplacementTransform(np.zeros((3, 3, 3, 2), np.float32), Grid(np.eye(4), (3, 3, 3)))


def test_a_matrix_must_be_finite():
    with pytest.raises(ImageError, match="finite"):
        AffineTransform(np.full((4, 4), np.inf))
