import numpy as np
import pytest
from scipy import ndimage

from mslens.simulate.lesion_foci import draw_foci, draw_new_foci, join_foci
from mslens.simulate.lesions import fit_foci, grow_lesions


@pytest.fixture(scope="module")
def grown(person):
    return grow_lesions(person.foci, person.bed, years=0.0)


def volume(maps, bed):
    return (bed.receptive * (maps.share >= 0.5)).sum() * bed.ml_per_voxel


def test_their_union_has_the_wanted_volume(person, grown):
    # 30 ml at 4 mm voxels (0.05 ml each).
    assert volume(grown, person.bed) == pytest.approx(30.0, rel=0.1)


@pytest.mark.parametrize("load", [5.0, 20.0, 60.0, 120.0])
def test_confluence_does_not_lose_volume(person, load):
    bed = person.bed
    rng = np.random.default_rng(8)
    foci = draw_foci(bed.priors, load_ml=load, white_matter_ml=500.0, rng=rng)
    fitted = grow_lesions(fit_foci(foci, bed), bed, years=0.0)
    assert volume(fitted, bed) == pytest.approx(load, rel=0.15)


def test_lesions_stay_in_receptive_tissue(person, grown):
    assert not grown.share[person.bed.receptive <= 0.25].any()


def test_maps_are_shares_and_the_halo_surrounds_lesions(grown):
    for name in ("share", "new_share", "hole", "halo"):
        values = getattr(grown, name)
        assert values.min() >= 0
        assert values.max() <= 1
    assert 0.5 < grown.brightness[grown.share > 0.5].mean() < 1.5
    away_mm = 4.0 * ndimage.distance_transform_edt(grown.share < 0.5)
    assert np.quantile(away_mm[grown.halo > 0], 0.95) < 13
    assert grown.halo[away_mm > 8].mean() < 0.05 * grown.halo[(away_mm > 0) & (away_mm < 6)].mean()
    assert grown.halo.max() > 0.3


def test_nothing_is_new_at_the_first_visit_and_only_later_foci_are_at_the_next(person):
    first = grow_lesions(person.foci, person.bed, years=0.0)
    assert not first.new_share.any()
    rng = np.random.default_rng(1)
    new = draw_new_foci(
        person.bed.priors, course="RR", from_years=0.0, to_years=9.0, activity=1.0, rng=rng
    )
    assert len(new) > 0
    all_foci = join_foci(person.foci, new)
    later = grow_lesions(all_foci, person.bed, years=9.0, years_before=0.0)
    assert (later.new_share >= 0.5).any()
    assert ((later.share >= 0.5) >= (later.new_share >= 0.5)).all()


def test_stable_lesions_stay_where_they_are(person):
    first, again = (grow_lesions(person.foci, person.bed, years=y).share for y in (0.0, 0.01))
    assert (np.abs(first - again) > 0.3).mean() < 1e-3


def test_no_foci_grow_to_nothing(person):
    rng = np.random.default_rng(0)
    none = draw_foci(person.bed.priors, load_ml=0.0, white_matter_ml=500.0, rng=rng)
    maps = grow_lesions(fit_foci(none, person.bed), person.bed, years=0.0)
    assert not maps.share.any()
    assert not maps.halo.any()
