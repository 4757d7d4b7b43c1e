import numpy as np
import pytest

from mslens.simulate.scanners import choose_scanner
from mslens.simulate.visit import build_scene, sample_earlier_lesions, scan_scene


def take(scene, suffix="FLAIR", scanner="Avanto", motion=0.0, names=("A", "1")):
    return scan_scene(
        scene, choose_scanner(scanner), suffix, seed=3, names=names, motion_share=motion
    )


def test_a_scene_repeats_to_the_byte(person, scene, visit_state):
    again = build_scene(person, visit_state(), voxel_size_mm=4.0)
    np.testing.assert_array_equal(again.composition.shares, scene.composition.shares)
    np.testing.assert_array_equal(again.lesion, scene.lesion)
    np.testing.assert_array_equal(again.parcels, scene.parcels)
    np.testing.assert_array_equal(again.texture.t2, scene.texture.t2)


def test_the_lesion_load_is_what_was_asked_for(scene):
    load = scene.lesion.sum() * scene.grid.voxel_volume_ml
    assert load == pytest.approx(30.0, rel=0.2)


def test_a_t1w_of_the_anatomys_voxels_is_not_interpolated(scene):
    scan = take(scene, "T1w")
    assert scan.slices.grid is scene.grid
    np.testing.assert_array_equal(scan.to_anatomy.matrix, np.eye(4))


def test_other_images_are_moved_a_little_and_say_how(scene):
    scan = take(scene, "FLAIR")
    points = np.random.default_rng(0).uniform(-70, 70, (500, 3))
    moved = points @ scan.to_anatomy.matrix[:3, :3].T + scan.to_anatomy.matrix[:3, 3]
    away = np.linalg.norm(moved - points, axis=1)
    assert 0.05 < away.mean() < 8


def test_images_of_one_visit_differ_and_repeat(scene):
    first, again = take(scene), take(scene)
    np.testing.assert_array_equal(first.data, again.data)
    other = take(scene, names=("A", "2"))
    assert not np.array_equal(first.data, other.data)


def test_motion_happens_as_often_as_asked(scene):
    assert take(scene, motion=0.0).motion is None
    assert take(scene, motion=1.0).motion is not None


def test_a_later_visit_keeps_the_lesions_and_may_add_some(person, scene, visit_state):
    later = build_scene(person, visit_state(name="2", years=2.0, before=0.0), voxel_size_mm=4.0)
    earlier = sample_earlier_lesions(person, later, years=0.0)
    ml = later.grid.voxel_volume_ml
    assert earlier.sum() * ml == pytest.approx(scene.lesion.sum() * ml, rel=0.15)
    assert np.corrcoef(earlier, later.lesion)[0, 1] > 0.9
    assert (later.new_lesion <= later.lesion + 1e-6).mean() > 0.999


def test_a_control_has_no_lesion(visit_state):
    from mslens.simulate.person import build_person

    control = build_person(
        seed=3, name="C", female=False, load_ml=0.0, visits=[], voxel_size_mm=4.0
    )
    scene = build_scene(control, visit_state(damage=-1.5), voxel_size_mm=4.0)
    assert not scene.lesion.any()
    assert not scene.composition.share("lesion").any()
