import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mslens.image.parcel_names import REGIONS, region_index
from mslens.image.parcels import Parcellation
from mslens.segment.parcels import (
    assign_parcels,
    complete_parcels,
    region_groups,
    select_groups,
    select_white_matter,
)

CSF, GM, WM = 1, 2, 3
R = region_index
LV, TH, CX = R("Lateral_Ventricle_L"), R("Thalamus_L"), R("Precentral_L")
WF, CC, BS, CB = (
    R("White_Matter_Frontal_L"),
    R("Corpus_Callosum"),
    R("Brainstem"),
    R("Vermis_6"),
)


def line(*values):
    return np.array(values, np.int32).reshape(-1, 1, 1)


def assigned(labels, grey, white, tissue, mask=None):
    template = Parcellation(line(*labels), line(*grey), line(*white))
    mask = np.ones((len(labels), 1, 1)) if mask is None else line(*mask)
    return assign_parcels(template, mask, line(*tissue))[:, 0, 0].tolist()


@pytest.mark.parametrize(
    ("own", "tissue", "expected"),
    [
        (CX, GM, CX),
        (CX, WM, WF),  # the subject's tissue decides, the territory names it
        (CX, CSF, 0),
        (WF, GM, CX),
        (0, GM, CX),  # cortex beyond the template's
        (TH, GM, TH),
        (TH, WM, TH),  # nuclei look white on T1w
        (BS, WM, BS),
        (CC, WM, CC),
        (CC, GM, CX),
        (LV, CSF, LV),
        (LV, GM, LV),  # choroid plexus
        (LV, WM, WF),
    ],
)
def test_one_voxel(own, tissue, expected):
    assert assigned([own], [CX], [WF], [tissue]) == [expected]


def test_a_nucleus_that_the_tissue_map_takes_for_fluid_stays_where_the_template_puts_it():
    own = [TH, TH, TH, CX, LV]
    assert assigned(own, [CX] * 5, [WF] * 5, [CSF, CSF, CSF, GM, CSF]) == own
    one_left = assigned(own, [CX] * 5, [WF] * 5, [CSF, GM, CSF, GM, CSF])
    assert one_left.count(TH) < 3, "where enough is left the subject's fluid is fluid"
    outside = assigned(own, [CX] * 5, [WF] * 5, [CSF] * 5, mask=[0, 0, 0, 1, 1])
    assert TH not in outside


def test_ventricles_widen_into_white_matter_that_became_fluid():
    labels = [LV, WF, WF, WF, CX]
    tissue = [CSF, CSF, CSF, WM, CSF]
    assert assigned(labels, [CX] * 5, [WF] * 5, tissue) == [LV, LV, LV, WF, 0]


def test_a_widened_ventricle_keeps_its_side():
    labels = [LV, WF, WF + 1, LV + 1]
    found = assigned(labels, [CX] * 4, [WF, WF, WF + 1, WF + 1], [CSF] * 4)
    assert found == [LV, LV, LV + 1, LV + 1]


def test_fluid_in_white_matter_away_from_the_ventricles_is_none():
    assert assigned([LV, WF, WF], [CX] * 3, [WF] * 3, [CSF, WM, CSF]) == [LV, WF, 0]


def test_nothing_outside_of_the_brain():
    assert assigned([CX, CX], [CX, CX], [WF, WF], [GM, GM], mask=[1, 0]) == [CX, 0]


def test_without_a_tissue_map_the_template_is_taken():
    template = Parcellation(line(CX, LV, WF), line(0, 0, 0), line(0, 0, 0))
    found = assign_parcels(template, line(1, 1, 0))
    assert found[:, 0, 0].tolist() == [CX, LV, 0]
    assert found.dtype == np.int32


def test_an_empty_mask_has_no_parcels():
    zero = line(0, 0)
    assert not assign_parcels(Parcellation(zero, zero, zero), zero, zero).any()


@given(
    hnp.arrays(np.int32, (4, 4, 3), elements=st.integers(0, len(REGIONS))),
    hnp.arrays(np.int32, (4, 4, 3), elements=st.integers(0, 3)),
    hnp.arrays(bool, (4, 4, 3)),
)
def test_labels_are_known_and_inside(labels, tissue, mask):
    found = assign_parcels(Parcellation(labels, labels, labels), mask, tissue)
    assert found.min() >= 0
    assert found.max() <= len(REGIONS)
    assert not found[~mask].any()
    assert not found[tissue == 0].any()


def test_groups_and_white_matter():
    groups = region_groups(REGIONS)
    labels = line(CX, WF, CC, R("White_Matter_Cerebellum_L"), 0)
    assert select_groups(labels, groups, ("cortex",))[:, 0, 0].tolist() == [1, 0, 0, 0, 0]
    assert select_white_matter(labels, groups, None)[:, 0, 0].tolist() == [0, 1, 1, 0, 0]
    kinds = line(GM, WM, GM, WM, WM)
    assert select_white_matter(labels, groups, kinds)[:, 0, 0].tolist() == [0, 1, 0, 0, 0]
    assert not select_groups(line(999), groups, ("cortex",)).any(), "unknown labels have no group"


def test_grey_maps_are_completed_by_the_rest_only():
    atlas = line(2001, 0, 0, 0, 2002)
    ours = line(LV, LV, CX, BS, WF)
    assert complete_parcels(atlas, ours)[:, 0, 0].tolist() == [2001, LV, 0, BS, 2002]
