from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import ndimage

from mslens.preprocess.field_filters import box_sum, compose_update, gaussian_weights, smooth, warp

SHAPES = st.tuples(st.integers(2, 9), st.integers(2, 9), st.integers(2, 9))


def noise(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@settings(max_examples=40)
@given(shape=SHAPES, radius=st.integers(1, 4))
def test_box_sum_equals_the_sum_over_the_cube(shape: tuple[int, int, int], radius: int) -> None:
    data = noise(shape)
    padded = np.pad(data.astype(float), radius)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * radius + 1,) * 3)
    expected = windows.sum(axis=(3, 4, 5))
    box_sum(data, radius, np.empty_like(data))
    np.testing.assert_allclose(data, expected, atol=1e-4)


@settings(max_examples=40)
@given(shape=SHAPES, sigma=st.floats(0.4, 2.5))
def test_smoothing_equals_scipys(shape: tuple[int, int, int], sigma: float) -> None:
    data = noise(shape)
    weights = gaussian_weights(sigma)
    kernel = np.concatenate([weights[:0:-1], weights])
    expected = data.astype(float)
    for axis in range(3):
        expected = ndimage.correlate1d(expected, kernel, axis=axis, mode="nearest")
    smooth(data, weights, np.empty_like(data))
    np.testing.assert_allclose(data, expected, atol=1e-5)


def test_weights_are_those_of_a_gaussian() -> None:
    weights = gaussian_weights(1.5)
    assert weights[0] + 2 * weights[1:].sum() == pytest.approx(1.0, abs=1e-6)
    assert weights[3] / weights[0] == pytest.approx(np.exp(-0.5 * 4.0), rel=1e-5)


@settings(max_examples=40)
@given(shape=SHAPES, size=st.floats(0, 3))
def test_warp_equals_scipys(shape: tuple[int, int, int], size: float) -> None:
    data, field = noise(shape), noise((3, *shape), seed=1) * np.float32(size)
    out = np.empty_like(data)
    warp(data, field, out)
    expected = ndimage.map_coordinates(
        data, np.stack(np.indices(shape)) + field, order=1, mode="nearest"
    )
    np.testing.assert_allclose(out, expected, atol=1e-4)


def test_composition_moves_by_the_update_and_then_by_the_field() -> None:
    shape = (12, 12, 12)
    field = np.zeros((3, *shape), dtype=np.float32)
    field[0] = np.arange(12)[:, None, None] * 0.1
    update = np.zeros_like(field)
    update[0] = 2.0
    out = np.empty_like(field)
    compose_update(field, update, out)
    # At x: 2 + 0.1 (x + 2), as long as x + 2 is on the grid.
    np.testing.assert_allclose(out[0, :10, 0, 0], 2 + 0.1 * (np.arange(10) + 2), rtol=1e-5)
