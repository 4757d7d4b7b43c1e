import pytest

from mslens.segment.formats.freesurfer import freesurfer_regions, is_freesurfer

ASEG = {2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 26, 28, 30, 31} | {
    41, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 54, 58, 60, 62, 63, 77, 85, 251, 255
}  # fmt: skip


@pytest.mark.parametrize(
    ("index", "name", "side", "group"),
    [
        (2, "Left-Cerebral-White-Matter", "left", "white-matter"),
        (43, "Right-Lateral-Ventricle", "right", "lateral-ventricle"),
        (15, "4th-Ventricle", "midline", "other-ventricle"),
        (16, "Brain-Stem", "midline", "brainstem"),
        (47, "Right-Cerebellum-Cortex", "right", "cerebellum"),
        (10, "Left-Thalamus", "left", "deep-grey-matter"),
        (53, "Right-Hippocampus", "right", "deep-grey-matter"),
        (77, "WM-hypointensities", "midline", "white-matter"),
        (1024, "ctx-lh-precentral", "left", "cortex"),
        (2035, "ctx-rh-insula", "right", "cortex"),
        (3028, "wm-lh-superiorfrontal", "left", "white-matter"),
        (12117, "ctx_rh_a2009s-17", "right", "cortex"),
    ],
)
def test_known_numbers(index, name, side, group):
    region = freesurfer_regions([index], {})[0]
    assert (region.index, region.name, region.hemisphere, region.group) == (
        index, name, side, group,
    )  # fmt: skip


def test_left_and_right_have_the_same_groups():
    regions = {r.name: r for r in freesurfer_regions(range(1, 2036), {})}
    for name, region in regions.items():
        if name.startswith("Left-"):
            assert regions["Right-" + name[5:]].group == region.group
        if name.startswith("ctx-lh-"):
            assert regions["ctx-rh-" + name[7:]].lobe == region.lobe


def test_a_table_renames_but_keeps_the_group():
    region = freesurfer_regions([10], {10: "Thalamus-Proper"})[0]
    assert (region.name, region.group) == ("Thalamus-Proper", "deep-grey-matter")


def test_unknown_numbers_are_other():
    region = freesurfer_regions([9999], {})[0]
    assert (region.name, region.group) == ("label-9999", "other")


def test_recognition():
    assert is_freesurfer(ASEG)
    assert not is_freesurfer(set(range(1, 10)))
    assert not is_freesurfer({2, 41})


def test_cortex_gyri_of_the_population_map_have_the_standard_names(data_dir):
    """FreeSurferDKT names of an independent source are among ours."""
    path = data_dir / "hcp_tract" / "ICBM152_adult" / "FreeSurferDKT_Cortical.txt"
    theirs = {line.split()[1] for line in path.read_text().splitlines() if line.strip()}
    ours = {r.name.removeprefix("ctx-lh-") for r in freesurfer_regions(range(1001, 1036), {})}
    bare = {n.removeprefix("left_").removeprefix("right_").replace("_", "") for n in theirs}
    assert len(bare & ours) > 0.9 * len(bare)
