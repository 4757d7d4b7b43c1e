import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.grid import Grid
from mslens.core.transform import DisplacementTransform
from mslens.image.chain import transform_points
from mslens.image.jacobian import jacobian_determinant
from mslens.simulate.diffeomorphism import (
    draw_smooth_noise,
    draw_velocity,
    exponentiate_velocity,
)

SIZE = (2.0, 2.0, 2.0)


def test_a_linear_velocity_flows_exponentially():
    # v = a p about the middle has the flow p exp(a), known in closed form.
    shape, rate = (41, 41, 41), 0.2
    centre = 40.0
    points = np.stack(np.indices(shape), axis=-1) * 2.0 - centre
    velocity = (rate * points).astype(np.float32)
    flow = exponentiate_velocity(velocity, voxel_size_mm=SIZE)
    inner = np.abs(points).max(axis=-1) < 20
    expected = points * (np.exp(rate) - 1)
    np.testing.assert_allclose(flow[inner], expected[inner], atol=0.05)


def test_the_flow_of_the_negative_velocity_is_the_inverse():
    rng = np.random.default_rng(0)
    velocity = draw_velocity(
        (40, 40, 40), voxel_size_mm=SIZE, scales_mm=(8.0,), amplitudes_mm=(3.0,), rng=rng
    )
    grid = Grid(np.diag([2.0, 2.0, 2.0, 1.0]), (40, 40, 40))
    there, back = (
        DisplacementTransform(exponentiate_velocity(s * velocity, voxel_size_mm=SIZE), grid)
        for s in (1.0, -1.0)
    )
    points = rng.uniform(20, 60, (2000, 3))
    error = np.linalg.norm(transform_points(points, (there, back)) - points, axis=1)
    assert error.mean() < 0.1
    assert jacobian_determinant(there)[5:-5, 5:-5, 5:-5].min() > 0


def test_no_velocity_moves_nothing():
    still = exponentiate_velocity(np.zeros((5, 5, 5, 3), np.float32), voxel_size_mm=SIZE)
    assert not still.any()


@given(scale=st.floats(1.0, 12.0), size=st.floats(1.0, 3.0))
def test_noise_has_unit_variance_at_any_width(scale, size):
    n = int(np.clip(14 * scale / size, 16, 90))
    rng = np.random.default_rng(1)
    noise = draw_smooth_noise((n, n, n), voxel_size_mm=(size,) * 3, scale_mm=scale, rng=rng)
    assert noise.shape == (n, n, n)
    assert noise.dtype == np.float32
    # About 14^3 / 6^3 independent values, so the spread of the variance is wide.
    assert 0.45 < noise.std() < 1.5


@pytest.mark.parametrize("scale", [3.0, 9.0])
def test_noise_is_as_smooth_as_asked(scale):
    rng = np.random.default_rng(2)
    noise = draw_smooth_noise((60, 60, 60), voxel_size_mm=SIZE, scale_mm=scale, rng=rng)
    step = round(2 * scale / 2.0)
    correlation = np.corrcoef(noise[step:].ravel(), noise[:-step].ravel())[0, 1]
    # A Gaussian filter of width s has autocorrelation exp(-d^2 / (4 s^2)).
    assert correlation == pytest.approx(np.exp(-1.0), abs=0.12)
