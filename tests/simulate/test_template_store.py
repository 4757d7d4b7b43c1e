import numpy as np
import pytest

from mslens.image.parcel_names import REGIONS
from mslens.simulate.clinic import DAMAGE_FACTORS
from mslens.simulate.template_store import factor_labels, factor_of_region, load_template_maps


def test_every_tissue_region_has_a_damage_factor_and_no_fluid_has():
    for region in REGIONS:
        factor = factor_of_region(region)
        if "ventricle" in region.group:
            assert factor is None
        else:
            assert factor in DAMAGE_FACTORS
    assert set(factor_labels()) == set(range(8))


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("Precentral_L", "frontal"),
        ("Hippocampus_R", "temporal"),
        ("Calcarine_L", "occipital"),
        ("Precuneus_R", "parietal"),
        ("Thalamus_L", "deep_gm"),
        ("Vermis_6", "cerebellum"),
        ("Corpus_Callosum", "white_matter"),
        ("Brainstem", "white_matter"),
    ],
)
def test_regions_shrink_with_their_own_factor(name, factor):
    region = next(region for region in REGIONS if region.name == name)
    assert factor_of_region(region) == factor


def test_shares_fill_the_brain_once(maps):
    total = maps.shares.sum(axis=0)
    assert total.min() > -1e-5
    assert total.max() < 1.05
    brain_ml = total.sum() * maps.head.grid.voxel_volume_ml
    assert brain_ml == pytest.approx(1886, rel=0.05)
    ventricles_ml = maps.shares[7].sum() * maps.head.grid.voxel_volume_ml
    assert 8 < ventricles_ml < 30


def test_the_wall_of_the_ventricles_is_white_not_grey(maps):
    callosum = next(r.index for r in REGIONS if r.name == "Corpus_Callosum")
    assert maps.deep_white[maps.parcels.labels == callosum].mean() > 0.8


def test_it_is_built_once(maps):
    assert load_template_maps(4.0) is maps
    assert np.isfinite(maps.brain_level).all()
