import itertools

import numpy as np
import pytest
from scipy.spatial import ConvexHull
from scipy.spatial.transform import Rotation

from mslens.radiomics.enclosing import enclosing_ellipsoid, smallest_box

CORNERS = np.array(list(itertools.product((-1.0, 1.0), repeat=3))) * [1.0, 2.0, 3.0]


@pytest.mark.parametrize("angle", [0.0, 0.4, 1.1])
def test_a_brick_is_its_own_smallest_box_however_it_is_turned(angle):
    points = Rotation.from_euler("xyz", [angle, angle / 2, 0.3]).apply(CORNERS)
    edges = smallest_box(points, ConvexHull(points).equations[:, :3])
    assert sorted(edges) == pytest.approx([2, 4, 6])


def test_the_ellipsoid_through_the_corners_of_a_brick():
    axes = enclosing_ellipsoid(CORNERS)
    assert sorted(axes) == pytest.approx(np.sqrt(3) * np.array([1, 2, 3]), rel=1e-3)
