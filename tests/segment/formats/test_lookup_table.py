import pytest

from mslens.segment.formats.lookup_table import table_regions


@pytest.mark.parametrize(
    ("name", "side", "group"),
    [
        ("Left Lateral Ventricle", "left", "lateral-ventricle"),
        ("R_Third_Ventricle", "right", "other-ventricle"),
        ("Brain-Stem", "midline", "brainstem"),
        ("pons", "midline", "brainstem"),
        ("lh_cerebellum_white_matter", "left", "cerebellar-white-matter"),
        ("Cerebellum exterior right", "right", "cerebellum"),
        ("thalamus_l", "left", "deep-grey-matter"),
        ("Hippocampus_R", "right", "deep-grey-matter"),
        ("ParaHippocampal_gyrus_R", "right", "cortex"),
        ("Left superior frontal gyrus", "left", "cortex"),
        ("corpus callosum", "midline", "white-matter"),
        ("WM_left", "left", "white-matter"),
        ("Insula.R", "right", "cortex"),
        ("skull", "midline", "other"),
        ("Lingual_Gyrus", "midline", "cortex"),
    ],
)
def test_side_and_group_are_read_from_names(name, side, group):
    region = table_regions([7], {7: name})[0]
    assert (region.index, region.name, region.hemisphere, region.group) == (7, name, side, group)


def test_numbers_without_a_name():
    assert table_regions([3, 3], {})[0].name == "label-3"
    assert len(table_regions([3, 3], {})) == 1
