import numpy as np

from mslens.learn.varimax import rotate_varimax


def test_turns_mixed_loadings_back_to_simple_structure():
    rng = np.random.default_rng(0)
    simple = np.zeros((90, 3))
    for k in range(3):
        simple[30 * k : 30 * (k + 1), k] = rng.uniform(0.5, 0.9, 30)
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation = rotate_varimax(simple @ turn)
    found = np.abs(simple @ turn @ rotation)
    matched = found[:, np.argmax(found[[0, 30, 60]], axis=1)]
    np.testing.assert_allclose(matched, simple, atol=0.01)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)


def test_one_factor_needs_no_rotation():
    np.testing.assert_allclose(np.abs(rotate_varimax(np.ones((5, 1)))), [[1.0]])
