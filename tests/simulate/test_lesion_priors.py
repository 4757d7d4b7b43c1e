import numpy as np
import pytest

from mslens.image.location import LOCATIONS
from mslens.image.parcel_names import REGIONS
from mslens.simulate.lesion_priors import (
    PLACE_SHARES,
    find_receptive_tissue,
    load_lesion_priors,
)


@pytest.fixture(scope="module")
def priors():
    return load_lesion_priors(4.0)


def test_every_place_of_the_location_rule_has_a_share_and_voxels(priors):
    assert set(PLACE_SHARES) == set(priors.places) == set(LOCATIONS)
    assert sum(PLACE_SHARES.values()) == pytest.approx(1.0)
    for frequency in priors.places.values():
        assert frequency.min() >= 0
        assert frequency.max() > 0


def test_places_respect_their_distances(priors):
    assert priors.ventricle_mm[priors.places["periventricular"] > 0].max() <= 4.2
    assert priors.ventricle_mm[priors.places["juxtacortical"] > 0].min() > 5.0
    assert priors.ventricle_mm[priors.places["deep-white-matter"] > 0].min() > 5.0


def test_infratentorial_lesions_start_in_brainstem_or_cerebellum(maps, priors):
    own = maps.parcels.labels[priors.places["infratentorial"] > 0]
    groups = {region.index: region.group for region in REGIONS}
    assert {groups[i] for i in np.unique(own)} <= {"brainstem", "cerebellar-white-matter"}


def test_fingers_point_away_from_the_ventricle(priors):
    length = np.linalg.norm(priors.away_from_ventricle, axis=-1)
    near = priors.places["periventricular"] > 0
    assert length[near].min() > 0.9
    assert length.max() < 1.001


def test_lesions_find_no_bed_in_fluid_or_outside(maps):
    receptive = find_receptive_tissue(maps, maps.levels)
    assert receptive.max() <= 1.0
    assert receptive[maps.levels.fluid > 0.5].max() == 0.0
    assert receptive[maps.brain_level < 0].max() == 0.0
    white = maps.parcels.labels == next(
        r.index for r in REGIONS if r.name == "White_Matter_Frontal_L"
    )
    assert receptive[white].mean() > 0.7
