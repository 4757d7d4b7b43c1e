import numpy as np
import pytest

from mslens.radiomics.morphology import (
    describe_morphology,
    ellipsoid_area,
    spatial_autocorrelation,
)


def test_the_surface_of_an_ellipsoid_follows_the_ibsi_manual():
    assert ellipsoid_area(np.array([3.0, 3.0, 3.0])) == pytest.approx(36 * np.pi)
    disc = ellipsoid_area(np.array([4.0, 4.0, 1e-6]))
    assert disc == pytest.approx(2 * np.pi * 16 * np.pi / 2, rel=0.01)
    axes = np.array([1.0, 2.0, 3.0])
    assert ellipsoid_area(2 * axes) == pytest.approx(4 * ellipsoid_area(axes))


def test_autocorrelation_equals_the_sum_over_all_pairs():
    rng = np.random.default_rng(0)
    image, inside = rng.normal(size=(4, 5, 6)), rng.random((4, 5, 6)) < 0.7
    spacing = np.array([2.0, 1.0, 0.5])
    x, places = image[inside], np.argwhere(inside) * spacing
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    w = 1 / np.where(apart > 0, apart, np.inf)
    d = x - x.mean()
    moran = len(x) / w.sum() * (w * np.outer(d, d)).sum() / (d**2).sum()
    geary = (len(x) - 1) / (2 * w.sum()) * (w * (x[:, None] - x) ** 2).sum() / (d**2).sum()
    found = spatial_autocorrelation(image, inside, spacing_mm=tuple(spacing))
    assert found == pytest.approx((moran, geary), rel=1e-9)


def test_a_turned_brick_fills_its_own_box_and_its_ellipsoid_encloses_it():
    k, j, i = np.meshgrid(*[np.arange(-24, 25)] * 3, indexing="ij")
    u, v = (i + j) / np.sqrt(2), (i - j) / np.sqrt(2)
    body = (abs(u) <= 16) & (abs(v) <= 8) & (abs(k) <= 6)
    found = describe_morphology(np.ones(body.shape), body, body, spacing_mm=(1, 1, 1))
    assert found["vol_dens_ombb"] == pytest.approx(0.95, abs=0.05)
    assert found["vol_dens_aabb"] < 0.6
    assert found["vol_dens_conv_hull"] == pytest.approx(1, abs=0.06)
    assert found["vol_dens_mvee"] == pytest.approx(2 / (np.pi * np.sqrt(3)), rel=0.15)
    assert found["com"] == pytest.approx(0, abs=1e-9)
    assert found["pca_maj_axis"] > found["pca_min_axis"] > found["pca_least_axis"]
    assert np.isnan(found["moran_i"])
