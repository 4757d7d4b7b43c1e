import numpy as np

from mslens.segment.neighbourhood import find_neighbourhood

GROUPS = {
    4: "lateral-ventricle",
    14: "other-ventricle",
    3: "cortex",
    16: "brainstem",
    8: "cerebellum",
    7: "cerebellar-white-matter",
    10: "deep-grey-matter",
    2: "white-matter",
}


def parcels():
    labels = np.zeros((30, 5, 5), int)
    for place, index in enumerate(GROUPS):
        labels[2 + 3 * place] = index
    return labels


def test_groups_become_what_the_rule_needs():
    near = find_neighbourhood(parcels(), GROUPS, voxel_size_mm=(2, 1, 1))
    assert near.ventricle_distance_mm[2, 0, 0] == 0
    assert near.ventricle_distance_mm[4, 0, 0] == 4
    assert near.ventricle_distance_mm[5, 0, 0] == 6, "the third ventricle does not count"
    assert near.cortex_distance_mm[9, 2, 2] == 2
    infratentorial = np.flatnonzero(near.infratentorial[:, 0, 0]).tolist()
    assert infratentorial == [11, 14, 17]
    assert np.flatnonzero(near.deep_grey[:, 0, 0]).tolist() == [20]


def test_a_map_without_ventricles_is_infinitely_far_from_them():
    labels = np.where(parcels() == 4, 0, parcels())
    near = find_neighbourhood(labels, GROUPS, voxel_size_mm=(1, 1, 1))
    assert np.isinf(near.ventricle_distance_mm).all()
    assert np.isfinite(near.cortex_distance_mm).any()


def test_an_empty_map_has_nothing():
    near = find_neighbourhood(np.zeros((4, 4, 4), int), {}, voxel_size_mm=(1, 1, 1))
    assert np.isinf(near.cortex_distance_mm).all()
    assert not near.infratentorial.any()
