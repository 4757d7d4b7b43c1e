"""The anatomy against itself: what was asked for is there, and the maps agree with each other."""

import numpy as np
import pytest

from mslens.core.volume import Volume
from mslens.image.chain import transform_points
from mslens.image.jacobian import jacobian_determinant
from mslens.image.parcel_names import REGIONS
from mslens.image.resample import resample
from mslens.io.templates import load_template
from mslens.simulate.anatomy import subject_grid
from mslens.simulate.visit import build_scene


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def test_the_skull_holds_what_the_person_was_given(person, scene):
    ml = scene.brain.inside.sum() * scene.grid.voxel_volume_ml
    assert ml == pytest.approx(person.body.intracranial_ml, rel=0.015)


def test_tissue_fills_the_brain_once(scene):
    brain = scene.brain
    np.testing.assert_allclose(brain.fluid + brain.gm + brain.wm, brain.inside, atol=1e-5)
    for share in (brain.fluid, brain.gm, brain.wm):
        assert share.min() >= 0
    total = brain.inside.sum()
    assert 0.08 < brain.fluid.sum() / total < 0.35
    assert 0.8 < brain.gm.sum() / brain.wm.sum() < 2.2


def test_the_true_transform_carries_the_template_onto_the_subject(scene):
    template = load_template(2.0)
    brain = resample(template.brain, scene.grid, (scene.deformation.to_subject,)).data
    assert dice(brain, scene.dense(scene.brain.inside) >= 0.5) > 0.97
    wm = resample(template.wm, scene.grid, (scene.deformation.to_subject,)).data
    assert np.corrcoef(wm.ravel(), scene.dense(scene.brain.wm).ravel())[0, 1] > 0.85


def test_both_directions_undo_each_other_without_folds(scene):
    points = np.random.default_rng(0).uniform([-55, -85, -40], [55, 55, 60], (3000, 3))
    chain = (scene.deformation.to_template, scene.deformation.to_subject)
    error = np.linalg.norm(transform_points(points, chain) - points, axis=1)
    assert error.mean() < 0.3
    assert jacobian_determinant(scene.deformation.to_template).min() > 0


def test_parcels_lie_in_their_tissue(scene):
    groups = {region.index: region.group for region in REGIONS}
    label = scene.parcels.ravel()[scene.brain.where]
    cortex = np.isin(label, [i for i, g in groups.items() if g == "cortex"])
    white = np.isin(label, [i for i, g in groups.items() if g == "white-matter"])
    ventricle = np.isin(label, [i for i, g in groups.items() if g == "lateral-ventricle"])
    assert scene.brain.gm[cortex].mean() > 0.5
    assert scene.brain.wm[white].mean() > 0.6
    assert scene.brain.fluid[ventricle].mean() > 0.5
    # At this voxel size a few regions of the template have no voxel of their own.
    assert len(np.unique(label)) > 115


def test_damage_shows_in_the_volumes(person, visit_state):
    healthy, ill = (
        build_scene(person, visit_state(damage=d), voxel_size_mm=4.0) for d in (-1.5, 1.5)
    )
    for name in ("gm", "wm"):
        less = getattr(ill.brain, name).sum() / getattr(healthy.brain, name).sum()
        assert 0.80 < less < 0.985
    assert ill.brain.fluid.sum() > 1.1 * healthy.brain.fluid.sum()
    assert ill.brain.inside.sum() == pytest.approx(healthy.brain.inside.sum(), rel=0.01)


def test_visits_share_the_person_but_not_the_pose(person, scene, visit_state):
    later = build_scene(person, visit_state(name="2", years=2.0, before=0.0), voxel_size_mm=4.0)
    first, second = (s.deformation.to_template for s in (scene, later))
    assert np.abs(first.displacement_mm - second.displacement_mm).max() > 1.0
    chain = (later.deformation.to_subject, first)
    moved = resample(Volume(scene.dense(scene.brain.wm), scene.grid), later.grid, chain).data
    assert np.corrcoef(moved.ravel(), later.dense(later.brain.wm).ravel())[0, 1] > 0.93


@pytest.mark.parametrize("size", [1.0, 2.0, 4.0])
def test_the_grid_covers_the_same_field_at_any_voxel_size(size):
    grid = subject_grid(size)
    assert grid.axis_codes == "RAS"
    low = grid.to_world(np.array([-0.5] * 3))
    high = grid.to_world(np.array(grid.shape) - 0.5)
    np.testing.assert_allclose(high - low, [184, 240, 240])
    np.testing.assert_allclose((high + low) / 2, [0, -16, -14])
