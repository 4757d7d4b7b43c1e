import numpy as np
import pytest

from mslens.connectome.synthetic import SYNTHETIC_NAME, SyntheticSettings, synthesise_tractogram
from mslens.core.errors import InputError
from mslens.core.grid import Grid

GRID = Grid(
    np.array([[2.0, 0, 0, -40], [0, 2, 0, -40], [0, 0, 2, -40], [0, 0, 0, 1]]), (41, 41, 41)
)
SETTINGS = SyntheticSettings(n_subjects=3, n_streamlines=400, decay_mm=20.0)


def ball():
    """A ball of white matter with four regions on it: two near each other, two far away."""
    place = GRID.to_world(np.indices(GRID.shape).reshape(3, -1).T)
    radius = np.linalg.norm(place, axis=1).reshape(GRID.shape)
    labels = np.zeros(GRID.shape, dtype=np.int32)
    poles = {2: (34, 0, 0), 3: (28, 20, 0), 5: (-34, 0, 0), 9: (-28, -20, 0)}
    for label, pole in poles.items():
        near = np.linalg.norm(place - pole, axis=1).reshape(GRID.shape) < 8
        labels[near & (radius > 28) & (radius < 36)] = label
    return labels, (radius < 30).astype(float)


@pytest.fixture(scope="module")
def tractogram():
    labels, white = ball()
    return synthesise_tractogram(
        labels, white, grid=GRID, settings=SETTINGS, rng=np.random.default_rng(0)
    )


def ends_of(tractogram, labels):
    first, last = tractogram.points_mm[tractogram.start], tractogram.points_mm[tractogram.stop - 1]
    return np.stack(
        [labels[tuple(np.floor(GRID.to_index(side) + 0.5).astype(int).T)] for side in (first, last)]
    )


def test_name_says_what_it_is():
    assert "synthetic" in SYNTHETIC_NAME
    assert "not anatomy" in SYNTHETIC_NAME


def test_every_streamline_joins_two_regions_through_tissue(tractogram):
    labels, white = ball()
    assert tractogram.n_streamlines == 1200
    assert np.bincount(tractogram.subject_of).tolist() == [400] * 3
    ends = ends_of(tractogram, labels)
    assert (ends > 0).all()
    assert (ends[0] != ends[1]).all()
    voxels = np.floor(GRID.to_index(tractogram.points_mm) + 0.5).astype(int)
    inside = (white != 0) | (labels != 0)
    assert inside[tuple(voxels.T)].mean() > 0.95


def test_near_regions_are_joined_more_often(tractogram):
    ends = np.sort(ends_of(tractogram, ball()[0]), axis=0)
    near = ((ends[0] == 2) & (ends[1] == 3)) | ((ends[0] == 5) & (ends[1] == 9))
    assert near.mean() > 0.7


def test_points_are_a_step_apart_and_the_seed_fixes_them(tractogram):
    a, b = tractogram.start[7], tractogram.stop[7]
    assert np.linalg.norm(np.diff(tractogram.points_mm[a:b], axis=0), axis=1).max() < 3.0
    labels, white = ball()
    again = synthesise_tractogram(
        labels, white, grid=GRID, settings=SETTINGS, rng=np.random.default_rng(0)
    )
    np.testing.assert_array_equal(again.points_mm, tractogram.points_mm)


def test_refuses_a_brain_without_regions_or_white_matter():
    labels, white = ball()
    for parcels, matter in ((np.minimum(labels, 0), white), (labels, np.zeros(GRID.shape))):
        with pytest.raises(InputError, match="region"):
            synthesise_tractogram(
                parcels, matter, grid=GRID, settings=SETTINGS, rng=np.random.default_rng(0)
            )
