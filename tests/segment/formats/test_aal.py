import pytest

from mslens.segment.formats.aal import aal_regions, is_aal


@pytest.fixture
def codes():
    return {2001: "Precentral_L", 2002: "Precentral_R", 7101: "Thalamus_L", 9110: "Vermis_6"}


def test_names_decide_whatever_the_numbers(codes):
    assert is_aal(set(codes), codes)
    found = {region.index: region for region in aal_regions(codes, codes)}
    assert found[2002].name == "Precentral_R"
    assert found[2002].hemisphere == "right"
    assert found[7101].group == "deep-grey-matter"
    assert found[9110].group == "cerebellum"
    assert all(region.in_aal116 for region in found.values())


def test_numbers_1_to_116_need_no_table():
    assert is_aal(set(range(1, 117)), {})
    assert not is_aal(set(range(1, 116)), {})
    assert [region.index for region in aal_regions(range(1, 117), {})] == list(range(1, 117))


def test_spelling_of_the_cerebellum(codes):
    lookup = {9001: "Cerebellum_Crus1_L"}
    assert aal_regions([9001], lookup)[0].name == "Cerebelum_Crus1_L"


def test_other_tables_are_not_aal():
    lookup = {1: "Left-Thalamus", 2: "Right-Thalamus", 3: "Precentral_L"}
    assert not is_aal({1, 2, 3}, lookup)
    assert not is_aal(set(), {})


def test_a_name_that_aal_lacks_is_other(codes):
    region = aal_regions([5], {5: "Nowhere"})[0]
    assert (region.name, region.group) == ("Nowhere", "other")
