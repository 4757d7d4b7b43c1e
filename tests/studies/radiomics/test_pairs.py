import pytest

from mslens.core.errors import DatasetError, InputError
from mslens.studies.radiomics.pairs import find_pairs, find_table, match_files


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_bids_names_match_by_subject_and_session_and_others_by_the_rest(tmp_path):
    images = touch(
        tmp_path / "images",
        "sub-01/ses-1/anat/sub-01_ses-1_desc-preproc_T1w.nii.gz",
        "sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz",
        "brain1_image.nii",
        "notes.txt",
        ".hidden/brain9_image.nii",
    )
    labels = touch(
        tmp_path / "labels",
        "sub-01_ses-2_space-T1w_desc-parcels_dseg.nii.gz",
        "sub-01_ses-1_space-T1w_desc-parcels_dseg.nii.gz",
        "brain1_label.nii.gz",
        "brain7_label.nii.gz",
    )
    pairs = find_pairs(images, labels)
    assert [p.name for p in pairs] == ["brain1", "sub-01_ses-1", "sub-01_ses-2"]
    assert [p.who for p in pairs] == [("brain1", ""), ("sub-01", "ses-1"), ("sub-01", "ses-2")]
    assert not any(p.why for p in pairs)
    assert pairs[1].labels.name.startswith("sub-01_ses-1_space")
    assert match_files(labels, pairs)["brain1"].name == "brain1_label.nii.gz"


def test_what_has_no_partner_or_two_says_so(tmp_path):
    images = touch(tmp_path / "images", "a.nii.gz", "b.nii.gz", "sub-1_T1w.nii", "sub-1_FLAIR.nii")
    labels = touch(tmp_path / "labels", "a_mask.nii.gz", "sub-1_dseg.nii.gz")
    a, b, one = find_pairs(images, labels)
    assert not a.why
    assert "no label map for b.nii.gz" in b.why
    assert "2 images are called sub-1" in one.why
    only = find_pairs(images / "sub-*_T1w.nii", labels)
    assert [p.why for p in only] == [""]


def test_one_label_map_may_serve_all_images(tmp_path):
    images = touch(tmp_path / "images", "a.nii.gz", "b.nii.gz")
    atlas = touch(tmp_path, "atlas.nii.gz") / "atlas.nii.gz"
    assert [p.labels for p in find_pairs(images, atlas)] == [atlas, atlas]
    with pytest.raises(InputError, match="folder of label maps"):
        find_pairs(images / "a.nii.gz", images)


def test_nothing_to_match_is_an_error(tmp_path):
    images = touch(tmp_path / "images", "a.nii.gz")
    with pytest.raises(InputError, match="no such file"):
        find_pairs(images, tmp_path / "none")
    with pytest.raises(InputError, match="no image"):
        find_pairs(images / "*.mgz", images)
    with pytest.raises(InputError, match="called 'group'"):
        find_pairs(
            touch(tmp_path / "g", "group.nii.gz"), touch(tmp_path / "g", "group_mask.nii.gz")
        )
    with pytest.raises(DatasetError, match="none of 1 images"):
        find_pairs(images, touch(tmp_path / "labels", "c_mask.nii.gz"))


def test_the_table_of_names_lies_beside_the_labels(tmp_path):
    folder = touch(tmp_path, "sub-1_space-T1w_desc-parcels_dseg.nii.gz", "x.nii.gz")
    labels = folder / "sub-1_space-T1w_desc-parcels_dseg.nii.gz"
    assert find_table(labels) is None
    touch(folder, "sub-1_desc-parcels_dseg.tsv")
    assert find_table(labels) == folder / "sub-1_desc-parcels_dseg.tsv"
    assert find_table(folder / "x.nii.gz") is None
