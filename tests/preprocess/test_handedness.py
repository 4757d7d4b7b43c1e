"""A head with folds on one side only, seen twice: the mirror image must lose, and be recognised."""

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.transform import Rotation

from mslens.core.grid import Grid
from mslens.core.rng import make_rng
from mslens.core.transform import AffineTransform, identity
from mslens.core.volume import Volume
from mslens.image.resample import resample
from mslens.preprocess.handedness import measure_handedness_margin

SHAPE = (48, 56, 48)
AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
AFFINE[:3, 3] = -2.0 * (np.array(SHAPE) - 1)
GRID = Grid(AFFINE, SHAPE)
RADII = np.array([18.0, 22.0, 17.0])


def make_pair(asymmetry):
    """Two contrasts of one random pattern, symmetric but for a share of it, and the brain."""
    rng = np.random.default_rng(3)
    pattern = ndimage.gaussian_filter(rng.standard_normal(SHAPE), 1.5)
    symmetric = (pattern + pattern[::-1]) / 2
    pattern = (1 - asymmetry) * symmetric + asymmetry * pattern
    place = (np.indices(SHAPE).reshape(3, -1).T - (np.array(SHAPE) - 1) / 2) / RADII
    inside = (np.linalg.norm(place, axis=1) < 1).reshape(SHAPE)
    level = np.abs(pattern) / pattern.std()
    first = np.where(inside, 100 + 20 * level, 5 * rng.random(SHAPE)).astype(np.float32)
    second = np.where(inside, 160 - 25 * level, 5 * rng.random(SHAPE)).astype(np.float32)
    return Volume(first, GRID), Volume(second, GRID), inside


def margin(fixed, moving, mask, transform):
    return measure_handedness_margin(fixed, moving, mask, transform, rng=make_rng(1, "test"))


@pytest.fixture(scope="module")
def pair():
    return make_pair(0.5)


def test_the_right_image_beats_its_mirror_image(pair):
    assert margin(*pair, identity()) > 0.02


def test_a_mirrored_image_is_worse_than_its_mirror_image(pair):
    first, second, mask = pair
    flipped = second.like(np.ascontiguousarray(second.data[::-1]))
    assert margin(first, flipped, mask, identity()) < -0.02


def test_a_turned_head_is_judged_alike(pair):
    """The mid-plane is 14 degrees off the world's."""
    first, second, mask = pair
    turn = np.eye(4)
    turn[:3, :3] = Rotation.from_euler("zy", [14, 8], degrees=True).as_matrix()
    turned = [resample(image, GRID, (AffineTransform(turn),)) for image in (first, second)]
    within = resample(first.like(mask, "mask"), GRID, (AffineTransform(turn),)).data
    assert margin(turned[0], second, within, AffineTransform(turn)) > 0.02
    flipped = second.like(np.ascontiguousarray(second.data[::-1]))
    assert margin(turned[0], flipped, within, AffineTransform(turn)) < -0.02


def test_a_symmetric_head_does_not_tell():
    assert abs(margin(*make_pair(0.0), identity())) < 0.005
