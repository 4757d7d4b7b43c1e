import numpy as np
import pytest

from mslens.simulate.body import INTRACRANIAL_ML, draw_body, draw_pose, rigid_matrix


def test_people_are_as_large_as_people_are():
    for female in (True, False):
        volumes = [draw_body(1, str(i), female=female).intracranial_ml for i in range(400)]
        mean, sd = INTRACRANIAL_ML[female]
        assert np.mean(volumes) == pytest.approx(mean, abs=0.15 * sd)
        assert np.std(volumes) == pytest.approx(sd, rel=0.15)


def test_a_person_is_the_same_at_every_call_and_others_are_not():
    assert draw_body(1, "a", female=True) == draw_body(1, "a", female=True)
    assert draw_body(1, "a", female=True) != draw_body(1, "b", female=True)
    assert draw_body(1, "a", female=True) != draw_body(2, "a", female=True)


def test_stretch_keeps_the_volume():
    for i in range(20):
        assert np.prod(draw_body(5, str(i), female=True).stretch) == pytest.approx(1.0)


def test_a_pose_is_rigid_and_belongs_to_the_visit():
    pose = draw_pose(1, "a", "1")
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) == pytest.approx(1.0)
    assert not np.allclose(pose, draw_pose(1, "a", "2"))


def test_a_quarter_turn_about_z_takes_x_to_y():
    matrix = rigid_matrix(np.array([0, 0, np.pi / 2]), np.array([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(matrix @ [1, 0, 0, 1], [1, 3, 3, 1], atol=1e-12)
