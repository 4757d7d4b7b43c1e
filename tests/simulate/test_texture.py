import numpy as np
import pytest

from mslens.image.parcel_names import REGIONS
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.texture import add_halo, weave_texture


def weave(person, damage=0.0, visit="1", dirty=0.0):
    values = np.broadcast_to(damage, 7).astype(float)
    return weave_texture(person.body, values, visit=visit, dirty=dirty, voxel_size_mm=4.0)


def region(maps, name):
    return maps.parcels.labels == next(r.index for r in REGIONS if r.name == name)


def test_iron_shortens_t2_of_the_pallidum(person, maps):
    texture = weave(person)
    assert texture.t2[region(maps, "Pallidum_L")].mean() < -0.1
    assert abs(texture.t2[region(maps, "Frontal_Mid_L")].mean()) < 0.05


def test_damage_prolongs_t1_where_it_is(person, maps):
    damage = np.zeros(7)
    damage[DAMAGE_FACTORS.index("temporal")] = 2.0
    change = weave(person, damage).t1 - weave(person).t1
    assert change[region(maps, "Temporal_Mid_L")].mean() == pytest.approx(0.02, abs=0.005)
    assert abs(change[region(maps, "Frontal_Mid_L")].mean()) < 1e-6


def test_dirty_white_matter_is_bright_near_the_ventricles(person, maps):
    change = weave(person, dirty=1.5).t2 - weave(person).t2
    assert change.min() >= -1e-6
    assert change[maps.deep_white > 0.9].mean() > 2 * change[maps.deep_white < 0.2].mean()


def test_visits_share_most_of_the_texture(person):
    first, second = weave(person).t1, weave(person, visit="2").t1
    correlation = np.corrcoef(first.ravel(), second.ravel())[0, 1]
    assert 0.9 < correlation < 0.9999


def test_halos_prolong_and_never_shorten(person):
    texture = weave(person)
    halo = np.zeros_like(texture.t1)
    halo[10, 10, 10] = 1.0
    more = add_halo(texture, halo)
    assert (more.t2 - texture.t2)[10, 10, 10] > 0.1
    assert np.count_nonzero(more.t2 - texture.t2) == 1
