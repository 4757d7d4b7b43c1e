import numpy as np
import pytest

from mslens.core.transform import AffineTransform, identity
from mslens.preprocess.registration_margin import measure_registration_margin
from phantom import make_head


@pytest.fixture(scope="module")
def head():
    return make_head(4.0)


def margin(head, shift=(0.0, 0.0, 0.0)):
    matrix = np.eye(4)
    matrix[:3, 3] = shift
    return measure_registration_margin(
        head.t1w,
        head.flair,
        head.brain.data,
        AffineTransform(matrix),
        rng=np.random.default_rng(0),
    )


def test_the_right_place_beats_its_neighbours(head):
    assert margin(head) > 0.005


@pytest.mark.parametrize("shift", [(6.0, 0, 0), (0, -6.0, 0), (4.0, 0, 5.0)])
def test_a_wrong_place_has_a_better_neighbour(head, shift):
    assert margin(head, shift) < 0


def test_a_turned_image_has_a_better_neighbour(head):
    turn = np.deg2rad(8)
    matrix = np.array(identity().matrix)
    matrix[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    found = measure_registration_margin(
        head.t1w,
        head.flair,
        head.brain.data,
        AffineTransform(matrix),
        rng=np.random.default_rng(0),
    )
    assert found < 0
