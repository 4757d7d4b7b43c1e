import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mslens.image.tubes import find_deepest_tube

coordinates = st.floats(-50, 50)
corners = st.tuples(coordinates, coordinates, coordinates, st.floats(0, 10))


def sampled_distance(point, tube):
    """Distance by brute force along the tube."""
    tube = np.array(tube)
    if len(tube) == 1:
        return np.linalg.norm(point - tube[0, :3]) - tube[0, 3]
    t = np.linspace(0, 1, 2001)[:, None]
    best = np.inf
    for a, b in itertools.pairwise(tube):
        along = (b - a)[:3]
        if along @ along == 0:
            best = min(best, np.linalg.norm(point - a[:3]) - a[3])
            continue
        nearest = np.clip((point - a[:3]) @ along / (along @ along), 0, 1)
        path = a + np.append(t, [[nearest]], axis=0) * (b - a)
        away = np.linalg.norm(path[:, :3] - point, axis=1)
        best = min(best, away.min() - path[away.argmin(), 3])
    return best


def test_ball_and_capsule():
    ball, capsule = [(0, 0, 0, 5)], [(20, 0, 0, 2), (30, 0, 0, 4)]
    points = np.array([[0, 0, 3], [25, 0, 5], [11, 0, 0], [40, 0, 0]])
    winner, distance = find_deepest_tube(points, [ball, capsule])
    assert winner.tolist() == [0, 1, 0, 1]
    np.testing.assert_allclose(distance, [-2, 2, 6, 6])


@given(st.lists(corners, min_size=1, max_size=4), st.tuples(*[coordinates] * 3))
def test_distance_equals_brute_force(tube, point):
    point = np.array(point)
    _, distance = find_deepest_tube(point[None], [tube])
    np.testing.assert_allclose(distance[0], sampled_distance(point, tube), atol=1e-3)


@given(st.lists(st.lists(corners, min_size=1, max_size=3), min_size=1, max_size=4))
def test_winner_is_the_smallest_of_the_single_distances(tubes):
    points = np.random.default_rng(0).uniform(-50, 50, (20, 3))
    winner, distance = find_deepest_tube(points, tubes)
    single = np.stack([find_deepest_tube(points, [tube])[1] for tube in tubes])
    np.testing.assert_array_equal(distance, single.min(axis=0))
    np.testing.assert_array_equal(single[winner, range(20)], distance)


def test_no_points_and_no_tubes():
    assert find_deepest_tube(np.empty((0, 3)), [[(0, 0, 0, 1)]])[0].shape == (0,)
    assert np.isinf(find_deepest_tube(np.zeros((2, 3)), [])[1]).all()
