import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mslens.core.grid import Grid
from mslens.core.transform import AffineTransform, apply_affine
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.preprocess.coregister import RigidSettings, register_rigid
from phantom import make_head


@pytest.fixture(scope="module")
def head():
    return make_head(4.0)


def moved_flair(head, angles_deg, shift_mm):
    """Return the FLAIR in another position, and the map of T1w points to its points."""
    truth = np.eye(4)
    truth[:3, :3] = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    truth[:3, 3] = shift_mm
    transform = AffineTransform(truth)
    grid = head.flair.grid
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in grid.shape])).reshape(3, -1).T
    world = apply_affine(truth, grid.to_world(corners))
    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = world.min(axis=0)
    shape = tuple(int(n) for n in np.ceil((world.max(axis=0) - world.min(axis=0)) / 4) + 1)
    target = Grid(affine, shape)
    return resample(head.flair, target, (transform.inverse(),)), transform


@pytest.mark.parametrize(
    ("angles", "shift"),
    [((0, 0, 0), (0, 0, 0)), ((6, -4, 8), (10, -6, 5)), ((-15, 5, 3), (0, 20, -15))],
)
def test_a_known_movement_is_found(head, angles, shift):
    moving, truth = moved_flair(head, angles, shift)
    brain = head.brain.data
    found = register_rigid(
        head.t1w, moving, brain, settings=RigidSettings(), rng=np.random.default_rng(0)
    )
    points = head.t1w.grid.to_world(np.argwhere(brain))
    away = apply_affine(found.transform.matrix, points) - apply_affine(truth.matrix, points)
    assert np.linalg.norm(away, axis=1).mean() < 0.8


def test_two_unrelated_images_end_with_a_low_metric_after_a_second_try(head):
    noise = np.random.default_rng(5).normal(100, 10, head.flair.grid.shape).astype(np.float32)
    settings = RigidSettings(wide_turns_deg=(-20.0, 0.0, 20.0))
    found = register_rigid(
        head.t1w,
        Volume(noise, head.flair.grid),
        head.brain.data,
        settings=settings,
        rng=np.random.default_rng(0),
    )
    assert found.retried
    assert found.fit.nmi < settings.min_nmi
