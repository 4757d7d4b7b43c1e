import numpy as np
import pytest

from mslens.image.components import count_voxels
from mslens.image.location import LOCATIONS
from mslens.simulate.person import build_person
from mslens.simulate.scanners import choose_scanner
from mslens.simulate.truth import ENLARGED, NEW, describe_truth
from mslens.simulate.visit import build_scene, sample_earlier_lesions, scan_scene


def t1w_of(scene, scanner="TimTrio"):
    return scan_scene(
        scene, choose_scanner(scanner), "T1w", seed=3, names=("A", "1"), motion_share=0.0
    )


@pytest.fixture(scope="module")
def truth(scene):
    return describe_truth(scene, t1w_of(scene), previous_lesion=None)


def test_everything_that_the_pipeline_estimates_is_there(truth, scene):
    assert set(truth.volumes) == {
        "desc-brain_mask", "desc-tissue_dseg", "desc-parcels_dseg", "label-lesion_probseg",
        "label-lesion_mask", "desc-instances_dseg", "label-CSF_probseg", "label-GM_probseg",
        "label-WM_probseg", "desc-logjacobian_T1w",
    }  # fmt: skip
    for name, volume in truth.volumes.items():
        if name != "desc-logjacobian_T1w":
            assert volume.grid.is_close(scene.grid), name


def test_maps_agree_with_each_other(truth):
    maps = {name: volume.data for name, volume in truth.volumes.items()}
    brain = maps["desc-brain_mask"]
    total = sum(maps[f"label-{name}_probseg"] for name in ("CSF", "GM", "WM"))
    np.testing.assert_allclose(total[brain].mean(), 0.97, atol=0.05)
    assert ((maps["desc-tissue_dseg"] > 0) == brain).mean() > 0.999
    np.testing.assert_array_equal(maps["label-lesion_mask"], maps["label-lesion_probseg"] >= 0.5)
    np.testing.assert_array_equal(maps["desc-instances_dseg"] > 0, maps["label-lesion_mask"])


def test_the_table_of_lesions_is_that_of_the_map(truth, scene):
    instances = truth.volumes["desc-instances_dseg"].data
    assert len(truth.lesions) == instances.max()
    np.testing.assert_array_equal(truth.lesions["voxels"], count_voxels(instances))
    assert set(truth.lesions["location"]) <= set(LOCATIONS)
    assert (truth.lesions["new_ml"] == 0).all()
    first = np.argwhere(instances == 1).mean(axis=0)
    row = truth.lesions.iloc[0]
    np.testing.assert_allclose(
        row[["x_mm", "y_mm", "z_mm"]].to_numpy(dtype=float), scene.grid.to_world(first), atol=1e-6
    )


def test_volumes_are_those_of_the_partial_volumes(truth, scene):
    table = truth.measures.set_index(["measure"])["value"]
    ml = scene.grid.voxel_volume_ml
    assert table["gm"] == pytest.approx(scene.brain.gm.sum() * ml, rel=1e-4)
    assert table["intracranial"] == pytest.approx(
        table["csf"] + table["gm"] + table["wm"], rel=1e-4
    )
    assert table["lesion-load"] == pytest.approx(scene.lesion.sum() * ml, rel=1e-4)
    regions = truth.measures.query("measure == 'region'")
    assert len(regions) == 132
    thalami = regions[regions["region"].str.startswith("Thalamus")]["value"]
    assert thalami.between(2, 14).all()


def test_the_log_jacobian_is_that_of_the_volumes(truth, maps, person):
    """Its mean over the template's brain is the size of the person."""
    volume = truth.volumes["desc-logjacobian_T1w"]
    brain = maps.shares.sum(axis=0) > 0.5
    assert volume.data.shape == brain.shape
    ratio = np.exp(volume.data[brain]).mean()
    assert ratio == pytest.approx(person.body.intracranial_ml / 1886, rel=0.05)


@pytest.fixture(scope="module")
def active():
    """Somebody with new lesions after eight years, of several voxels even of 4 mm."""
    visits = [(0.0, "RR"), (8.0, "RR")]
    return build_person(
        seed=4, name="A", female=True, load_ml=25.0, visits=visits, voxel_size_mm=4.0
    )


def test_changes_are_new_or_enlarged_lesions(active, visit_state):
    later = build_scene(active, visit_state(name="2", years=8.0, before=0.0), voxel_size_mm=4.0)
    earlier = sample_earlier_lesions(active, later, years=0.0)
    truth = describe_truth(later, t1w_of(later), previous_lesion=earlier)
    changes = truth.volumes["desc-changes_dseg"].data
    mask = truth.volumes["label-lesion_mask"].data
    assert set(np.unique(changes)) <= {0, NEW, ENLARGED}
    assert not changes[~mask].any()
    assert (changes == NEW).any()
    new_ml = (changes == NEW).sum() * later.grid.voxel_volume_ml
    assert truth.lesions["new_ml"].sum() == pytest.approx(new_ml, rel=1e-6)


def test_what_was_lesion_before_is_not_new(active, visit_state):
    later = build_scene(active, visit_state(name="2", years=8.0, before=0.0), voxel_size_mm=4.0)
    was_lesion = np.ones_like(sample_earlier_lesions(active, later, years=0.0))
    truth = describe_truth(later, t1w_of(later), previous_lesion=was_lesion)
    assert not truth.volumes["desc-changes_dseg"].data.any()
    assert not truth.lesions["new_ml"].any()


def test_the_truth_lies_on_the_t1ws_grid_even_if_that_is_coarser(scene):
    # Thick slices: at 4 mm the 2D protocol keeps its tilt but not the anatomy's grid.
    scan = t1w_of(scene, "Clinical2D")
    truth = describe_truth(scene, scan, previous_lesion=None)
    mask = truth.volumes["label-lesion_mask"]
    assert mask.grid.is_close(scan.slices.grid)
    assert not mask.grid.is_close(scene.grid)
    share = truth.volumes["label-lesion_probseg"].data
    ml = share.sum() * mask.grid.voxel_volume_ml
    assert ml == pytest.approx(scene.lesion.sum() * scene.grid.voxel_volume_ml, rel=0.1)
    assert truth.volumes["desc-brain_mask"].data.sum() * mask.grid.voxel_volume_ml > 1000
