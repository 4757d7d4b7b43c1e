import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.image.curvature import _eigenvalues, measure_curvatures

SIZE = (1.0, 1.0, 1.0)
#: Middle of a Gaussian of spread s under a Gaussian of spread t: -t² / (s² + t²) of its height.
SPREAD, SIGMA = 3.0, 2.0


def spot(spreads, shape=(41, 41, 41), voxel=SIZE):
    """Gaussian around the middle; an infinite spread makes a tube or a sheet."""
    places = [
        (np.arange(n) - n // 2) * size / s for n, size, s in zip(shape, voxel, spreads, strict=True)
    ]
    x, y, z = np.meshgrid(*places, indexing="ij")
    return np.exp(-(x**2 + y**2 + z**2) / 2).astype(np.float32)


def at_the_middle(image, voxel=SIZE):
    where = np.zeros(image.shape, dtype=bool)
    where[tuple(n // 2 for n in image.shape)] = True
    return measure_curvatures(image, where, sigma_mm=SIGMA, voxel_size_mm=voxel)[0]


def curvature(n_bent):
    ratio = SPREAD**2 / (SPREAD**2 + SIGMA**2)
    return -(SIGMA**2) / (SPREAD**2 + SIGMA**2) * ratio ** (n_bent / 2)


@pytest.mark.parametrize(
    ("spreads", "n_bent"),
    [
        ((SPREAD, SPREAD, SPREAD), 3),
        ((SPREAD, np.inf, SPREAD), 2),
        ((np.inf, np.inf, SPREAD), 1),
    ],
    ids=["blob", "tube", "sheet"],
)
def test_blobs_tubes_and_sheets_have_the_curvatures_of_the_formula(spreads, n_bent):
    expected = [curvature(n_bent)] * n_bent + [0.0] * (3 - n_bent)
    np.testing.assert_allclose(at_the_middle(spot(spreads)), expected, atol=4e-3)


def test_the_voxel_size_does_not_matter():
    fine = at_the_middle(spot((SPREAD,) * 3))
    voxel = (1.0, 1.0, 1.5)
    coarse = at_the_middle(spot((SPREAD,) * 3, (41, 41, 27), voxel), voxel)
    np.testing.assert_allclose(coarse, fine, atol=6e-3)


def test_the_directions_do_not_matter():
    rng = np.random.default_rng(3)
    image = rng.standard_normal((12, 13, 14)).astype(np.float32)
    where = image > 1
    turned = measure_curvatures(
        image.transpose(2, 0, 1), where.transpose(2, 0, 1), sigma_mm=1.5, voxel_size_mm=SIZE
    )
    straight = measure_curvatures(image, where, sigma_mm=1.5, voxel_size_mm=SIZE)
    np.testing.assert_allclose(np.sort(turned[:, 0]), np.sort(straight[:, 0]), atol=1e-5, rtol=1e-4)


@given(st.lists(st.floats(-10, 10), min_size=6, max_size=6))
def test_eigenvalues_are_those_of_lapack(numbers):
    xx, xy, xz, yy, yz, zz = numbers
    matrix = np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])
    ours = _eigenvalues(*(np.array([value]) for value in numbers))[0]
    np.testing.assert_allclose(ours, np.linalg.eigvalsh(matrix), atol=2e-4)
    assert (np.diff(ours) >= -1e-4).all()


def test_nowhere_is_empty():
    image = np.zeros((5, 5, 5), dtype=np.float32)
    found = measure_curvatures(image, image > 1, sigma_mm=1, voxel_size_mm=SIZE)
    assert found.shape == (0, 3)
    assert found.dtype == np.float32
