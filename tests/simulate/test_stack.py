import numpy as np

from mslens.image.interpolate import sample_linear
from mslens.simulate.stack import sample_stack


def test_every_channel_is_sampled_as_one_alone():
    rng = np.random.default_rng(0)
    stack = rng.random((7, 8, 9, 3)).astype(np.float32)
    index = rng.uniform(0, [6, 7, 8], (200, 3))
    sampled = sample_stack(stack, index)
    for channel in range(3):
        alone = np.empty(200, np.float32)
        sample_linear(np.ascontiguousarray(stack[..., channel]), index, 0.0, alone)
        np.testing.assert_allclose(sampled[:, channel], alone, atol=1e-5)


def test_a_linear_function_is_reproduced():
    x, y, z = np.indices((5, 5, 5)).astype(np.float32)
    index = np.random.default_rng(1).uniform(0, 4, (50, 3))
    sampled = sample_stack((x + 2 * y - z)[..., None], index)[:, 0]
    np.testing.assert_allclose(sampled, index @ [1, 2, -1], atol=1e-5)


def test_outside_the_border_holds():
    stack = np.zeros((3, 3, 3, 1), np.float32)
    stack[2] = 7
    assert sample_stack(stack, np.array([[9.0, 1.0, -4.0]]))[0, 0] == 7
