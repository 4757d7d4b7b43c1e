import pytest

from mslens.image.parcel_names import NOT_IN_SET114, REGIONS, region_index


def test_indices_are_the_places_in_the_list():
    assert [region.index for region in REGIONS] == list(range(1, len(REGIONS) + 1))
    assert len({region.name for region in REGIONS}) == len(REGIONS)
    assert len({region.abbreviation for region in REGIONS}) == len(REGIONS)


def test_116_and_114_with_the_two_left_out_named():
    all116 = [region for region in REGIONS if region.in_aal116]
    assert len(all116) == 116
    assert [region.index for region in all116] == list(range(1, 117))
    left_out = {region.name for region in all116 if not region.in_set114}
    assert left_out == set(NOT_IN_SET114) == {"Vermis_1_2", "Vermis_10"}
    assert not any(region.in_set114 and not region.in_aal116 for region in REGIONS)


def test_pairs_are_neighbours_left_first():
    for region in REGIONS:
        if region.hemisphere == "left":
            other = REGIONS[region.index]
            assert other.hemisphere == "right"
            assert other.name == region.name.removesuffix("_L") + "_R"
            assert (other.group, other.lobe) == (region.group, region.lobe)


def test_names_of_aal_are_in_aals_order(data_dir):
    lines = (data_dir / "mricron" / "aal.nii.txt").read_text().split("\n")
    theirs = {int(line.split()[0]): line.split()[1] for line in lines if line.strip()}
    assert [theirs[r.index] for r in REGIONS if r.in_aal116] == [
        r.name for r in REGIONS if r.in_aal116
    ]


def test_index_by_name():
    assert region_index("Precentral_L") == 1
    assert region_index("Vermis_10") == 116
    with pytest.raises(KeyError):
        region_index("Precentral")
