import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mslens.core.transform import AffineTransform, apply_affine
from mslens.image.resample import resample
from mslens.preprocess.coregister import RigidSettings
from mslens.preprocess.halfway import halve_rigid, meet_halfway, plan_halfway_grid
from phantom import make_head

TURN, SHIFT = (5.0, -3.0, 6.0), (6.0, -4.0, 3.0)


def rigid(angles_deg, shift_mm):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    matrix[:3, 3] = shift_mm
    return matrix


@pytest.fixture(scope="module")
def visits():
    """The FLAIR of one head twice, and the true map of later points to earlier points."""
    head = make_head(4.0)
    truth = AffineTransform(rigid(TURN, SHIFT))
    later = resample(head.flair, head.flair.grid, (truth,))
    brain = resample(head.brain, head.flair.grid, (truth,))
    return head.flair, later, (head.brain.data, np.asarray(brain.data)), truth


@pytest.fixture(scope="module")
def fit(visits):
    earlier, later, masks, _ = visits
    return meet_halfway(
        earlier, later, masks, settings=RigidSettings(), rng=np.random.default_rng(0)
    )


def test_the_way_from_visit_to_visit_is_the_known_movement(visits, fit):
    _, later, masks, truth = visits
    points = later.grid.to_world(np.argwhere(masks[1]))
    found = fit.to_earlier.matrix @ fit.to_later.inverse().matrix
    away = apply_affine(found, points) - apply_affine(truth.matrix, points)
    assert np.linalg.norm(away, axis=1).mean() < 0.5
    assert fit.disagreement_mm < 1.0
    assert fit.moved_deg == pytest.approx(
        np.rad2deg(Rotation.from_euler("xyz", TURN, degrees=True).magnitude()), abs=0.3
    )


def test_both_visits_are_turned_by_the_same_angle_in_opposite_directions(fit):
    np.testing.assert_allclose(fit.to_earlier.matrix @ fit.to_later.matrix, np.eye(4), atol=1e-9)


def test_exchanging_the_visits_exchanges_the_transforms(visits, fit):
    earlier, later, masks, _ = visits
    other = meet_halfway(
        later, earlier, masks[::-1], settings=RigidSettings(), rng=np.random.default_rng(0)
    )
    points = later.grid.to_world(np.argwhere(masks[1]))
    away = apply_affine(other.to_later.matrix, points) - apply_affine(fit.to_earlier.matrix, points)
    assert np.linalg.norm(away, axis=1).max() < 0.5


@settings(max_examples=30, deadline=None)
@given(
    angles=st.tuples(*[st.floats(-55, 55)] * 3),
    shift=st.tuples(*[st.floats(-80, 80)] * 3),
)
def test_half_a_motion_done_twice_is_the_motion(angles, shift):
    whole = rigid(angles, shift)
    half = halve_rigid(whole)
    np.testing.assert_allclose(half @ half, whole, atol=1e-8)
    np.testing.assert_allclose(half[:3, :3] @ half[:3, :3].T, np.eye(3), atol=1e-9)


def test_the_grid_holds_both_brains(visits, fit):
    earlier, later, masks, _ = visits
    brains = (earlier.like(masks[0], "mask"), later.like(masks[1], "mask"))
    places = (fit.to_earlier, fit.to_later)
    grid = plan_halfway_grid(brains, places, voxel_size_mm=4.0, margin_mm=2.0)
    for brain, place in zip(brains, places, strict=True):
        whole_ml = brain.data.sum() * brain.grid.voxel_volume_ml
        kept = resample(brain, grid, (place,))
        assert kept.data.sum() * grid.voxel_volume_ml == pytest.approx(whole_ml, rel=0.02)
    assert grid.axis_codes == "RAS"
    assert grid.voxel_size_mm == (4.0, 4.0, 4.0)
